// Edits of JSON text that leave every other byte as it was: indentation, comments, order and line ends stay the user's.
import { applyEdits, modify } from 'jsonc-parser';

export interface JsonEdit {
  readonly path: readonly (string | number)[];
  /** The new value; undefined removes the property or the array element. */
  readonly value: unknown;
  /** Insert into an array at the path's index instead of replacing what is there; -1 appends. */
  readonly insert?: boolean;
}

/** Applies edits one after the other; each path is meant in the text as the edits before it left it. */
export function applyJsonEdits(text: string, edits: readonly JsonEdit[]): string {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  let current = text.slice(mark.length);
  for (const edit of edits) {
    current = applyEdits(
      current,
      modify(current, [...edit.path], edit.value, {
        isArrayInsertion: edit.insert ?? false,
        formattingOptions: styleOf(current),
      }),
    );
  }
  return mark + current;
}

/** The text's own indentation and line end, from its first indented line. */
function styleOf(text: string): { insertSpaces: boolean; tabSize: number; eol: string } {
  const indent = /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ';
  return {
    insertSpaces: !indent.startsWith('\t'),
    tabSize: indent.startsWith('\t') ? 4 : indent.length,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}
