// Cuts a long answer into blocks at blank lines outside code fences. Blocks are drawn one by one, so that a long answer
// never holds up the window; each knows where it starts, so that the differing token is still found.

export interface MarkdownBlock {
  /** Index of its first character in the whole text. */
  readonly start: number;
  readonly text: string;
}

/** Shorter texts stay whole, and with them lists and link references. */
const shortText = 2000;
/** Blocks are closed at the first blank line after this many characters. */
const blockLength = 1200;

export function markdownBlocks(text: string): MarkdownBlock[] {
  if (text.length <= shortText) return [{ start: 0, text }];
  const blocks: MarkdownBlock[] = [];
  let start = 0;
  let position = 0;
  let fence: string | undefined;
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined) fence = mark;
    else if (mark?.startsWith(fence) && line.trim() === mark) fence = undefined;
    position += line.length + 1;
    if (fence === undefined && line.trim() === '' && position - start >= blockLength) {
      blocks.push({ start, text: text.slice(start, position) });
      start = position;
    }
  }
  if (start < text.length) blocks.push({ start, text: text.slice(start) });
  return blocks;
}
