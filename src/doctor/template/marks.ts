// Marks in a rendered conversation: the special tokens that a template writes around messages.
import { isSpecialType, isSurelySpecial, type Vocabulary } from '../tokenizer/vocabulary.ts';

/** Ids of special tokens in a text, in its order: those typed so, and those that no text would be. */
export function marksIn(text: string, vocabulary: Vocabulary): number[] {
  const found: { position: number; id: number }[] = [];
  for (const match of text.matchAll(/<[^<>\s]{1,80}>|\[[^[\]\s]{1,80}\]|<｜[^<>\s]{1,80}｜>/gu)) {
    const id = vocabulary.idOf.get(match[0]);
    if (id === undefined) continue;
    if (
      isSpecialType(vocabulary.types?.[id]) ||
      isSurelySpecial(match[0]) ||
      /^<\/?[a-z_]+>$/.test(match[0])
    ) {
      found.push({ position: match.index, id });
    }
  }
  return found.sort((left, right) => left.position - right.position).map(({ id }) => id);
}

/** Marks `<|...|>` that the vocabulary does not have. */
export function unknownMarks(text: string, vocabulary: Vocabulary): string[] {
  const marks = [...text.matchAll(/<\|[^<>|\s]{1,80}\|>|<｜[^<>｜\s]{1,80}｜>/gu)].map(
    ([mark]) => mark,
  );
  return [...new Set(marks)].filter((mark) => isSurelySpecial(mark) && !vocabulary.idOf.has(mark));
}
