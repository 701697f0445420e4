// GGUF metadata as text: short enough to read, with the length of what was shortened.
import type { GgufEntry, GgufValue } from '#src/formats/gguf/types.ts';
import { stringAt, stringCount } from '#src/formats/gguf/read-strings.ts';
import type { Inspection } from '#src/contract/inspection.ts';
import { shortestSingle } from '#src/text/shortest-single.ts';

/** Characters of a text that are shown; a chat template is given apart. */
const shownCharacters = 120;
const shownElements = 5;

export function describeMetadata(entries: readonly GgufEntry[]): Inspection['metadata'] {
  return entries.map(({ key, value }) => {
    if (value.type === 'array') {
      const length = lengthOf(value);
      const type = `array of ${value.elementType}`;
      return { key, type, value: describeArray(value), length };
    }
    if (value.type === 'string') {
      const text = value.value;
      return { key, type: 'string', value: shorten(text), length: text.length };
    }
    return { key, type: value.type, value: String(asWritten(value.type, value.value)) };
  });
}

type ArrayValue = Extract<GgufValue, { type: 'array' }>;

/** Vocabularies are not decoded for the five tokens that are shown. */
function lengthOf(array: ArrayValue): number {
  return array.elementType === 'string' ? stringCount(array) : array.value.length;
}

function describeArray(array: ArrayValue): string {
  const length = lengthOf(array);
  const parts = Array.from({ length: Math.min(length, shownElements) }, (_, index) => {
    const element = array.elementType === 'string' ? stringAt(array, index) : array.value[index];
    if (typeof element === 'string') return JSON.stringify(shorten(element));
    return typeof element === 'object' ? '[...]' : `${asWritten(array.elementType, element ?? '')}`;
  });
  return `[${parts.join(', ')}${length > shownElements ? ', ...' : ''}]`;
}

/** An F32 as its author wrote it, not widened to a double: 0.1 and not 0.10000000149011612. */
function asWritten<Value>(type: string, value: Value): Value | number {
  return type === 'float32' && typeof value === 'number' ? shortestSingle(value) : value;
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > shownCharacters ? `${line.slice(0, shownCharacters)}...` : line;
}
