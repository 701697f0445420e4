import { describe, expect, it } from 'vitest';
import {
  boolEntry,
  stringArrayEntry,
  stringEntry,
  uint16Entry,
  uint32Entry,
} from '#src/formats/gguf/entries.ts';
import { asLibggmlCopies } from '#src/stages/quantize/c-strings.ts';
import { copiedFileType } from '#src/stages/quantize/copied-file-type.ts';
import { quantizedMetadata } from '#src/stages/quantize/quantized-metadata.ts';
import type { TensorView } from '#src/model/model-view.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';

const source = [
  stringEntry('general.architecture', 'llama'),
  uint32Entry('general.file_type', 1),
  uint16Entry('split.no', 0),
  uint16Entry('split.count', 2),
  uint32Entry('llama.block_count', 4),
  uint16Entry('split.tensors.count', 9),
  stringEntry('general.name', 'x'),
];
const keys = (entries: readonly { key: string }[]) => entries.map(({ key }) => key);

describe('the metadata of a quantized file', () => {
  it('moves version and file type to the end and forgets the split', () => {
    const entries = quantizedMetadata(source, { architecture: 'llama', fileType: 15 });
    expect(keys(entries)).toEqual([
      'general.architecture',
      'llama.block_count',
      'general.name',
      'general.quantization_version',
      'general.file_type',
    ]);
    expect(entries.at(-1)?.value).toEqual({ type: 'uint32', value: 15 });
    expect(entries.at(-2)?.value).toEqual({ type: 'uint32', value: 2 });
  });

  it('adds overrides, then what is known of the matrix, then the block count', () => {
    const entries = quantizedMetadata(source, {
      architecture: 'llama',
      fileType: 15,
      overrides: [stringEntry('general.name', 'other'), boolEntry('tiny.flag', true)],
      importance: {
        path: 'a.gguf',
        datasets: ['first.txt', 'second.txt'],
        chunkCount: 7,
        weights: new Map([['x', Float32Array.of(1)]]),
      },
      blockCount: 3,
    });
    expect(keys(entries).slice(3)).toEqual([
      'general.name',
      'tiny.flag',
      'quantize.imatrix.file',
      'quantize.imatrix.dataset',
      'quantize.imatrix.entries_count',
      'quantize.imatrix.chunks_count',
      'llama.block_count',
    ]);
    expect(entries.at(-1)?.value).toEqual({ type: 'uint32', value: 3 });
    expect(entries.at(-4)?.value).toEqual({ type: 'string', value: 'first.txt' });
  });

  it('says nothing of a matrix without entries, and nothing of chunks that are not known', () => {
    const none = { path: 'a.gguf', datasets: [], chunkCount: 0, weights: new Map() };
    const without = quantizedMetadata(source, { architecture: 'llama', fileType: 1, importance: none }); // prettier-ignore
    expect(keys(without).some((key) => key.startsWith('quantize.'))).toBe(false);
    const some = { ...none, weights: new Map([['x', Float32Array.of(1)]]) };
    const entries = quantizedMetadata(source, { architecture: 'llama', fileType: 1, importance: some }); // prettier-ignore
    expect(keys(entries).filter((key) => key.startsWith('quantize.'))).toEqual([
      'quantize.imatrix.file',
      'quantize.imatrix.entries_count',
    ]);
  });
});

describe('copying metadata through libggml', () => {
  it('cuts strings at their first zero byte', () => {
    expect(asLibggmlCopies(stringEntry('a', 'x\0y')).value).toEqual({ type: 'string', value: 'x' });
    const texts = asLibggmlCopies(stringArrayEntry('a', ['x\0y', 'z'])).value;
    expect(texts).toEqual({ type: 'array', elementType: 'string', value: ['x', 'z'] });
  });

  it('leaves everything else untouched', () => {
    const entry = stringArrayEntry('a', ['x', 'y']);
    expect(asLibggmlCopies(entry)).toBe(entry);
  });
});

describe('the file type of a copy', () => {
  const tensors = (...types: GgmlType[]) =>
    types.map((type, index): TensorView => ({
      name: `t${index}`,
      shape: [1],
      type,
      readRows: () => Promise.resolve(),
    }));

  it('is the declared one', () => {
    const metadata = [uint32Entry('general.file_type', 17)];
    expect(copiedFileType({ metadata, tensors: tensors('F32') })).toBe(17);
  });

  it('is guessed from the most frequent type otherwise, and marked so', () => {
    const guessed = (...types: GgmlType[]) =>
      copiedFileType({ metadata: [], tensors: tensors(...types) });
    expect(guessed('F32', 'Q4_K', 'Q4_K')).toBe(1024 + 15);
    expect(guessed('F32', 'Q4_K')).toBe(1024);
    expect(guessed('I32')).toBe(1024);
  });
});
