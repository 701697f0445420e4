// A rehype plugin that underlines a range of the source: it walks the tree's text by its position in the Markdown and
// wraps what lies in the range. No HTML is made from text at any point.
import type { TextRange } from './difference-mark.ts';

interface Node {
  type: string;
  tagName?: string;
  value?: string;
  properties?: Record<string, unknown>;
  children?: Node[];
  position?: { start: { offset?: number }; end: { offset?: number } };
}

/** Plugin for react-markdown: marks `range` (characters of the Markdown given to it) as `<mark>`. */
export function markRange(range: TextRange | undefined): () => (tree: Node) => void {
  return () => (tree) => {
    if (range !== undefined) markIn(tree, range);
  };
}

/** True when the mark was set. A range inside syntax (`**`) marks the first text after it. */
function markIn(parent: Node, range: TextRange): boolean {
  const children = parent.children ?? [];
  for (const [index, child] of children.entries()) {
    if (child.type !== 'text') {
      if (markIn(child, range)) return true;
      continue;
    }
    const start = child.position?.start.offset;
    const end = child.position?.end.offset;
    const value = child.value ?? '';
    if (start === undefined || end === undefined || end <= range.start || value.trim() === '') {
      continue;
    }
    // Where escapes make source and text differ in length, positions are only near: keep inside the text.
    const from = Math.min(Math.max(0, range.start - start), value.length - 1);
    const to = Math.min(value.length, Math.max(from + 1, range.end - start));
    children.splice(
      index,
      1,
      ...textNode(value.slice(0, from)),
      {
        type: 'element',
        tagName: 'mark',
        properties: {},
        children: textNode(value.slice(from, to)),
      },
      ...textNode(value.slice(to)),
    );
    return true;
  }
  return false;
}

function textNode(value: string): Node[] {
  return value === '' ? [] : [{ type: 'text', value }];
}
