import { describe, expect, it } from 'vitest';
import {
  boolEntry,
  entryNumber,
  entryString,
  entryValue,
  stringEntry,
  uint32Entry,
  uint64Entry,
  withEntry,
  withoutEntry,
} from '#src/formats/gguf/entries.ts';

const entries = [uint32Entry('a', 1), stringEntry('b', 'two'), boolEntry('c', true)];

describe('metadata entries', () => {
  it('are replaced as gguf_set_val does: removed, then appended', () => {
    const changed = withEntry(entries, uint32Entry('a', 9));
    expect(changed.map(({ key }) => key)).toEqual(['b', 'c', 'a']);
    expect(entryValue(changed, 'a')).toEqual({ type: 'uint32', value: 9 });
    expect(entries.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
  });

  it('are appended when new and removed by key', () => {
    expect(withEntry(entries, uint32Entry('d', 4)).map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd']); // prettier-ignore
    expect(withoutEntry(entries, 'b').map(({ key }) => key)).toEqual(['a', 'c']);
    expect(withoutEntry(entries, 'x')).toEqual(entries);
  });

  it('are read by type, and never as another type', () => {
    expect(entryString(entries, 'b')).toBe('two');
    expect(entryString(entries, 'a')).toBeUndefined();
    expect(entryNumber(entries, 'a')).toBe(1);
    expect(entryNumber(entries, 'b')).toBeUndefined();
    expect(entryNumber(entries, 'c')).toBeUndefined();
    expect(entryNumber([uint64Entry('n', 2n ** 40n)], 'n')).toBe(2 ** 40);
    expect(entryValue(entries, '__proto__')).toBeUndefined();
  });
});
