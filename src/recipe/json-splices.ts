// Many edits of one JSON text without parsing it again: a moved selection, a paste, a deletion. `applyJsonEdits` reads the
// text again for every edit, which two hundred nodes would feel. Everything that is not named keeps its bytes.
import { applyEdits, findNodeAtLocation, type Edit, type Node } from 'jsonc-parser';
import { invariant } from '#src/errors/assert.ts';
import type { JsonText } from './json-text.ts';

export type JsonSplice =
  /** Sets a property of the object at `path`; a value that fits on a line is written on one. */
  | {
      readonly splice: 'set';
      readonly path: readonly (string | number)[];
      readonly property: string;
      readonly value: unknown;
    }
  /** Takes a property out of the object at `path`; nothing happens when it is not there. */
  | {
      readonly splice: 'unset';
      readonly path: readonly (string | number)[];
      readonly property: string;
    }
  /** Removes elements of the array at `path`. */
  | {
      readonly splice: 'remove';
      readonly path: readonly (string | number)[];
      readonly indices: readonly number[];
    }
  /** Adds elements at the end of the array at `path`. */
  | {
      readonly splice: 'append';
      readonly path: readonly (string | number)[];
      readonly values: readonly unknown[];
    }
  /** Puts elements before the element at `index` of the array at `path`. */
  | {
      readonly splice: 'insert';
      readonly path: readonly (string | number)[];
      readonly index: number;
      readonly values: readonly unknown[];
    }
  /** Another value at `path`; one that stood on several lines is written on several lines. */
  | {
      readonly splice: 'replace';
      readonly path: readonly (string | number)[];
      readonly value: unknown;
    };

/**
 * Applies splices that are all meant in the text as it is. Two splices of one array, and a `set` inside a removed
 * element, must not be given together. Throws an internal error for a path that leads nowhere.
 */
export function applyJsonSplices(
  { text, root }: Pick<JsonText, 'text' | 'root'>,
  splices: readonly JsonSplice[],
): string {
  const style = styleOf(text);
  const edits = splices.flatMap((splice): Edit[] => {
    const node = findNodeAtLocation(root, [...splice.path]);
    invariant(node !== undefined, 'a splice names a value that is there');
    switch (splice.splice) {
      case 'set':
        return [setProperty(node, splice.property, splice.value, style)];
      case 'unset':
        return unsetProperty(node, splice.property);
      case 'remove':
        return removeElements(node, splice.indices);
      case 'append':
        return splice.values.length === 0
          ? []
          : [appendElements(node, splice.values, splice.path.length, style)];
      case 'insert':
        return [insertElements(node, splice.index, splice.values, style)];
      case 'replace':
        return [replaceValue(node, splice.value, style)];
    }
  });
  return applyEdits(text, edits);
}

interface Style {
  /** One step of indentation; empty where the whole text is on one line. */
  readonly indent: string;
  readonly lineEnd: string;
  readonly text: string;
}

function styleOf(text: string): Style {
  return {
    text,
    indent: text.trimEnd().includes('\n') ? (/\n([ \t]+)\S/.exec(text)?.[1] ?? '  ') : '',
    lineEnd: text.includes('\r\n') ? '\r\n' : '\n',
  };
}

function setProperty(node: Node, property: string, value: unknown, style: Style): Edit {
  const known = findNodeAtLocation(node, [property]);
  const content = oneLine(value);
  if (known !== undefined) return { offset: known.offset, length: known.length, content };
  const last = node.children?.at(-1);
  const entry = `${JSON.stringify(property)}: ${content}`;
  if (last === undefined)
    return { offset: node.offset, length: node.length, content: `{ ${entry} }` };
  return {
    offset: last.offset + last.length,
    length: 0,
    content: `,${gapBefore(last, style)}${entry}`,
  };
}

function unsetProperty(node: Node, property: string): Edit[] {
  const children = node.children ?? [];
  const index = children.findIndex((child) => child.children?.[0]?.value === property);
  return index < 0 ? [] : [removeRun(node, children, index, index)];
}

/** The line break and indentation (or the blank) that stand before a child, to put the next one like it. */
function gapBefore(child: Node, style: Style): string {
  return /\r?\n[ \t]*$/.exec(style.text.slice(0, child.offset))?.[0] ?? ' ';
}

function removeElements(node: Node, indices: readonly number[]): Edit[] {
  const children = node.children ?? [];
  const sorted = [...new Set(indices)].sort((left, right) => left - right);
  const edits: Edit[] = [];
  for (let at = 0; at < sorted.length;) {
    const first = sorted[at] ?? 0;
    let last = first;
    for (at++; sorted[at] === last + 1; at++) last++;
    edits.push(removeRun(node, children, first, last));
  }
  return edits;
}

function removeRun(node: Node, children: readonly Node[], first: number, last: number): Edit {
  const from = children[first];
  const to = children[last];
  invariant(from !== undefined && to !== undefined, 'removed parts are there');
  const next = children[last + 1];
  const before = children[first - 1];
  if (next !== undefined)
    return { offset: from.offset, length: next.offset - from.offset, content: '' };
  if (before === undefined)
    return {
      offset: node.offset,
      length: node.length,
      content: node.type === 'array' ? '[]' : '{}',
    };
  const start = before.offset + before.length;
  return { offset: start, length: to.offset + to.length - start, content: '' };
}

function appendElements(node: Node, values: readonly unknown[], depth: number, style: Style): Edit {
  const { indent, lineEnd } = style;
  const last = node.children?.at(-1);
  const gap =
    last !== undefined
      ? gapBefore(last, style)
      : indent === ''
        ? ' '
        : lineEnd + indent.repeat(depth + 1);
  const margin = gap.includes('\n') ? gap.replace(/^\r?\n/, '') : undefined;
  const texts = values.map((value) =>
    margin === undefined
      ? oneLine(value)
      : JSON.stringify(value, null, indent).replaceAll('\n', lineEnd + margin),
  );
  if (last !== undefined) {
    return {
      offset: last.offset + last.length,
      length: 0,
      content: texts.map((text) => `,${gap}${text}`).join(''),
    };
  }
  const end = indent === '' ? ' ' : lineEnd + indent.repeat(depth);
  return {
    offset: node.offset,
    length: node.length,
    content: `[${texts.map((text, index) => `${index === 0 ? '' : ','}${gap}${text}`).join('')}${end}]`,
  };
}

function insertElements(node: Node, index: number, values: readonly unknown[], style: Style): Edit {
  const next = node.children?.[index];
  invariant(next !== undefined, 'elements are put before one that is there');
  const gap = gapBefore(next, style);
  const content = values.map((value) => `${inLines(value, gap, style)},${gap}`).join('');
  return { offset: next.offset, length: 0, content };
}

function replaceValue(node: Node, value: unknown, style: Style): Edit {
  const { offset, length } = node;
  const hadLines = style.text.slice(offset, offset + length).includes('\n');
  const line = /(?:^|\n)([ \t]*)[^\n]*$/.exec(style.text.slice(0, offset))?.[1] ?? '';
  const content = hadLines ? inLines(value, `\n${line}`, style) : oneLine(value);
  return { offset, length, content };
}

/** A value as it stands behind a gap: on lines of its own where the gap breaks the line. */
function inLines(value: unknown, gap: string, { indent, lineEnd }: Style): string {
  if (!gap.includes('\n')) return oneLine(value);
  const margin = gap.replace(/^\r?\n/, '');
  return (JSON.stringify(value, null, indent) ?? 'null').replaceAll('\n', lineEnd + margin);
}

/** `{ "x": 16, "y": 32 }`. */
function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  if (entries.length === 0) return '{}';
  return `{ ${entries.map(([key, member]) => `${JSON.stringify(key)}: ${oneLine(member)}`).join(', ')} }`;
}
