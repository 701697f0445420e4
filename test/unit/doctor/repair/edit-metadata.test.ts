// Fixes on metadata: what is put right lies where it lay, and everything else keeps its bytes.
import { describe, expect, it } from 'vitest';
import { editMetadata, type MetadataFix } from '#src/doctor/repair/edit-metadata.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import {
  int32ArrayEntry,
  stringEntry,
  uint32Entry,
  uint64Entry,
} from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';

const entries: GgufEntry[] = [
  { ...stringEntry('general.architecture', 'llama'), encoded: new Uint8Array([1, 2]) },
  uint32Entry('llama.block_count', 4),
  int32ArrayEntry('tokenizer.ggml.token_type', [1, 1, 3]),
  uint32Entry('general.file_type', 15),
  stringEntry('studio.library', 'llama.cpp'),
];
const keys = (list: readonly GgufEntry[]) => list.map(({ key }) => key);
const set = (key: string, type: string, value: string | number | boolean) =>
  ({ kind: 'set-metadata', key, value: { type, value } }) as const;

describe('fixes on metadata', () => {
  it('change a value in its place and keep the encoded bytes of the others', () => {
    const edited = editMetadata(entries, [set('llama.block_count', 'uint32', 5)]);
    expect(keys(edited)).toEqual(keys(entries));
    expect(edited[1]).toEqual(uint32Entry('llama.block_count', 5));
    expect(edited[0]).toBe(entries[0]);
  });

  it('add an entry where a file of the same making has it', () => {
    const order = ['general.architecture', 'llama.vocab_size', 'llama.block_count'];
    const edited = editMetadata(entries, [set('llama.vocab_size', 'uint32', 9)], order);
    expect(keys(edited)[1]).toBe('llama.vocab_size');
  });

  it('without that, add an entry behind its own group and before what writers put last', () => {
    expect(keys(editMetadata(entries, [set('llama.vocab_size', 'uint32', 9)]))[2]).toBe('llama.vocab_size'); // prettier-ignore
    expect(keys(editMetadata(entries, [set('other.key', 'bool', true)]))[3]).toBe('other.key');
    const last = editMetadata(entries, [set('general.quantization_version', 'uint32', 2)]);
    expect(keys(last)[3]).toBe('general.quantization_version');
  });

  it('remove an entry, and change single elements of an array', () => {
    const edited = editMetadata(entries, [
      { kind: 'remove-metadata', key: 'llama.block_count' },
      { kind: 'set-elements', key: 'tokenizer.ggml.token_type', elements: [{ index: 1, value: 6 }] },
    ]); // prettier-ignore
    expect(edited[1]?.value).toEqual({ type: 'array', elementType: 'int32', value: [1, 6, 3] });
  });

  it('carry numbers of 64 bits as text, and refuse what no value of the type is', () => {
    const edited = editMetadata(entries, [set('llama.size', 'uint64', '18446744073709551615')]);
    expect(edited.find(({ key }) => key === 'llama.size')).toEqual(uint64Entry('llama.size', 2n ** 64n - 1n)); // prettier-ignore
    expect(() => editMetadata(entries, [set('llama.size', 'uint32', 'many')])).toThrow(StudioError);
    const outside: MetadataFix = { kind: 'set-elements', key: 'tokenizer.ggml.token_type', elements: [{ index: 3, value: 1 }] }; // prettier-ignore
    expect(() => editMetadata(entries, [outside])).toThrow(StudioError);
  });
});
