// When an answer counts as right. Models differ in capitals, spaces, quotes and the full stop, which is not what is asked.

const opening = /^["'`*([{«“‘„¿¡\s]+/;
const closing = /[.!?,;:…。！？，；：、"'`*)\]}»”’\s]+$/;

/**
 * NFKC, white space collapsed, lower case, without quotes and brackets around it and punctuation behind it. Signs that change
 * a value stay: `-5`, `50 %`, `C#`.
 */
export function normalizeAnswer(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(opening, '')
    .replace(closing, '')
    .toLowerCase();
}

/** `answers` are normalized. With `start` the answer has to go on behind a word's end, or end there. */
export function isRight(
  answered: string,
  { answers, match }: { readonly answers: readonly string[]; readonly match: 'exact' | 'start' },
): boolean {
  const given = normalizeAnswer(answered);
  if (match === 'exact') return answers.includes(given);
  return answers.some(
    (answer) =>
      given.startsWith(answer) && !/^[\p{Letter}\p{Number}]/u.test(given.slice(answer.length)),
  );
}
