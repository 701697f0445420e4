// A command line as text that can be typed again.

/** Words for a POSIX shell, quoted where it would read them as something else. */
export function commandLineText(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
