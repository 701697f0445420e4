// Damages of the header: counts, entries, records, alignment, offsets, and cuts inside it.
import { stringEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import { flipBit, join, setUint32, setUint64 } from './byte-edits.ts';
import type { DamageTable } from './damage-kind.ts';
import {
  anatomyOf,
  entryCountAt,
  entryOf,
  recordOf,
  tensorCountAt,
  versionAt,
} from './gguf-anatomy.ts';
import { putTogether, takeApart } from './rewrite-gguf.ts';

const original = { gives: 'original', trust: 'edited' } as const;
const exactOriginal = { gives: 'original', trust: 'exact' } as const;
const cutAt = (bytes: Uint8Array, at: number) => bytes.slice(0, at);

/** Offsets by name, as absolute values of the field. */
function withOffsets(bytes: Uint8Array, change: (offset: number, index: number) => number) {
  const { records, dataOffset } = anatomyOf(bytes);
  records.forEach(({ offsetAt, data }, index) =>
    setUint64(bytes, offsetAt, change(data - dataOffset, index)),
  );
  return bytes;
}

export const headerDamages: DamageTable = {
  'magic-flipped': {
    sentence: 'has one flipped bit in its magic',
    base: 'plain-Q4_K_M',
    damage: (base) => flipBit(base, 1, 2),
    codes: ['structure/version'],
    repair: original,
  },
  'version-flipped': {
    sentence: 'says version 7 by one flipped bit',
    base: 'plain-Q4_K_M',
    damage: (base) => flipBit(base, versionAt, 2),
    codes: ['structure/version'],
    repair: original,
  },
  'version-1': {
    sentence: 'says version 1 though it is written like version 3',
    base: 'built-Q4_K_M',
    damage: (base) => setUint32(base, versionAt, 1),
    codes: ['structure/version'],
    repair: original,
  },
  'tensor-count-huge': {
    sentence: 'claims 2^40 tensors',
    base: 'plain-Q4_K_M',
    damage: (base) => setUint64(base, tensorCountAt, 2n ** 40n),
    codes: ['structure/counts'],
    repair: original,
  },
  'tensor-count-more': {
    sentence: 'claims one tensor more than it lists',
    base: 'plain-Q4_K_M',
    damage: (base) => setUint64(base, tensorCountAt, 39),
    codes: ['structure/counts'],
    repair: original,
  },
  'tensor-count-less': {
    sentence: 'claims one tensor less than it lists',
    base: 'plain-Q4_K_M',
    damage: (base) => setUint64(base, tensorCountAt, 37),
    codes: ['structure/counts'],
    repair: original,
  },
  'entry-count-huge': {
    sentence: 'claims 2^63 metadata entries',
    base: 'plain-Q4_K_M',
    damage: (base) => setUint64(base, entryCountAt, 2n ** 63n),
    codes: ['structure/counts'],
    repair: original,
  },
  'entry-count-less': {
    sentence: 'claims one metadata entry less than it has',
    base: 'plain-Q4_K_M',
    damage: (base) => setUint64(base, entryCountAt, anatomyOf(base).entries.length - 1),
    codes: ['structure/counts'],
    repair: original,
  },
  'entry-count-more': {
    sentence: 'claims one metadata entry more than it has',
    base: 'plain-Q4_K_M',
    damage: (base) => setUint64(base, entryCountAt, anatomyOf(base).entries.length + 1),
    codes: ['structure/counts'],
    repair: original,
  },
  'key-length': {
    sentence: 'has a flipped bit in the length of a key',
    base: 'plain-Q4_K_M',
    damage: (base) => flipBit(base, entryOf(base, 'general.size_label').at + 3, 6),
    codes: ['structure/metadata-entry'],
    repair: 'none',
  },
  'value-type': {
    sentence: 'has an entry of a value type that does not exist',
    base: 'plain-Q4_K_M',
    damage: (base) => setUint32(base, entryOf(base, 'general.basename').typeAt, 77),
    codes: ['structure/metadata-entry'],
    repair: 'none',
  },
  'string-length': {
    sentence: 'has a text that is longer than the file',
    base: 'plain-Q4_K_M',
    damage: (base) => flipBit(base, entryOf(base, 'general.name').valueAt + 4, 7),
    codes: ['structure/metadata-entry'],
    repair: 'none',
  },
  'key-twice': {
    sentence: 'has the same entry twice',
    base: 'plain-Q4_K_M',
    damage(base) {
      const { at, end } = entryOf(base, 'llama.context_length');
      const { entries, records, dataOffset } = anatomyOf(base);
      const lastEntry = entries.at(-1)!.end;
      const entry = base.slice(at, end);
      const listEnd = records.at(-1)!.end;
      const header = join(base.subarray(0, lastEntry), entry, base.subarray(lastEntry, listEnd));
      setUint64(header, entryCountAt, entries.length + 1);
      const padding = new Uint8Array(Math.ceil(header.length / 32) * 32 - header.length);
      return join(header, padding, base.subarray(dataOffset));
    },
    codes: ['structure/metadata-twice'],
    keys: ['llama.context_length'],
    repair: original,
  },
  'tensor-name-length': {
    sentence: 'has a flipped bit in the length of a tensor’s name',
    base: 'built-Q4_K_M',
    damage: (base) => flipBit(base, recordOf(base, 'blk.1.ffn_up.weight').at + 2, 5),
    codes: ['structure/tensor-entry'],
    repair: exactOriginal,
  },
  'tensor-dimensions': {
    sentence: 'has a tensor of 34 dimensions by one flipped bit',
    base: 'built-Q4_K_M',
    damage: (base) => flipBit(base, recordOf(base, 'blk.1.ffn_up.weight').shapeAt - 4, 5),
    codes: ['structure/tensor-entry'],
    repair: exactOriginal,
  },
  'tensor-twice': {
    sentence: 'names two tensors alike',
    base: 'built-Q4_K_M',
    damage: (base) => {
      // blk.1.attn_k.weight becomes blk.0.attn_k.weight
      base[recordOf(base, 'blk.1.attn_k.weight').at + 8 + 4] = 0x30;
      return base;
    },
    codes: ['structure/tensor-twice', 'metadata/tensor-missing'],
    tensors: ['blk.0.attn_k.weight', 'blk.1.attn_k.weight'],
    repair: exactOriginal,
  },
  'tensor-type-unknown': {
    sentence: 'has a tensor of a type that does not exist',
    base: 'built-Q4_K_M',
    damage: (base) => setUint32(base, recordOf(base, 'blk.2.attn_q.weight').typeAt, 99),
    codes: ['structure/tensor-type'],
    tensors: ['blk.2.attn_q.weight'],
    repair: exactOriginal,
  },
  'tensor-type-other': {
    sentence: 'says Q5_K of a tensor that is stored as Q4_K',
    base: 'built-Q4_K_M',
    damage: (base) => setUint32(base, recordOf(base, 'blk.2.attn_q.weight').typeAt, 13),
    codes: ['structure/tensor-type'],
    tensors: ['blk.2.attn_q.weight'],
    repair: exactOriginal,
  },
  'tensor-type-last-larger': {
    sentence: 'says Q8_0 of its last tensor, which is stored as Q4_K, so that it looks cut off',
    base: 'built-Q4_K_M',
    damage: (base) => setUint32(base, recordOf(base, 'blk.3.ffn_up.weight').typeAt, 8),
    codes: ['structure/tensor-type'],
    tensors: ['blk.3.ffn_up.weight'],
    repair: exactOriginal,
  },
  'tensor-type-last-smaller': {
    sentence:
      'says Q2_K of its last tensor, which is stored as Q4_K, so that bytes seem to be left over',
    base: 'built-Q4_K_M',
    damage: (base) => setUint32(base, recordOf(base, 'blk.3.ffn_up.weight').typeAt, 10),
    codes: ['structure/tensor-type'],
    tensors: ['blk.3.ffn_up.weight'],
    repair: exactOriginal,
  },
  'tensor-type-last-bundled': {
    sentence: 'says F16 of its last tensor, which is stored as Q4_K, with adapters behind it',
    base: 'bundled-Q4_K_M',
    damage: (base) => setUint32(base, recordOf(base, 'blk.3.ffn_up.weight').typeAt, 1),
    codes: ['structure/tensor-type'],
    repair: exactOriginal,
  },
  'tensor-shape-zero': {
    sentence: 'has a tensor of a row of 0 values',
    base: 'built-Q4_K_M',
    damage: (base) => setUint64(base, recordOf(base, 'blk.2.attn_q.weight').shapeAt, 0),
    codes: ['structure/tensor-shape', 'metadata/tensor-shape'],
    tensors: ['blk.2.attn_q.weight'],
    repair: exactOriginal,
  },
  'tensor-shape-overflow': {
    sentence: 'has a tensor whose size overflows 64 bits',
    base: 'built-Q4_K_M',
    damage: (base) => setUint64(base, recordOf(base, 'blk.2.attn_q.weight').shapeAt + 8, 2n ** 60n),
    codes: ['structure/tensor-shape', 'metadata/tensor-shape'],
    tensors: ['blk.2.attn_q.weight'],
    repair: exactOriginal,
  },
  'alignment-odd': {
    sentence: 'asks for an alignment of 48 bytes',
    base: 'plain-Q4_K_M',
    damage: async (base) => {
      const { metadata, tensors } = await takeApart(base);
      const file = putTogether({ metadata: [...metadata, uint32Entry('general.alignment', 32)], tensors }); // prettier-ignore
      return setUint32(file, entryOf(file, 'general.alignment').valueAt, 48);
    },
    codes: ['structure/alignment'],
    keys: ['general.alignment'],
    repair: { gives: 'sound', trust: 'edited' },
  },
  'alignment-other': {
    sentence: 'asks for an alignment of 1024 bytes that its tensors do not have',
    base: 'plain-Q4_K_M',
    damage: async (base) => {
      const { metadata, tensors } = await takeApart(base);
      const file = putTogether({ metadata: [...metadata, uint32Entry('general.alignment', 32)], tensors }); // prettier-ignore
      return setUint32(file, entryOf(file, 'general.alignment').valueAt, 1024);
    },
    codes: ['structure/alignment'],
    keys: ['general.alignment'],
    repair: { gives: 'sound', trust: 'edited' },
  },
  'alignment-text': {
    sentence: 'has its alignment as a text',
    base: 'plain-Q4_K_M',
    damage: async (base) => {
      const { metadata, tensors } = await takeApart(base);
      // Written under another name, because the writer refuses it under this one.
      const file = putTogether({ metadata: [...metadata, stringEntry('general.alignmenx', '32')], tensors }); // prettier-ignore
      const { typeAt } = entryOf(file, 'general.alignmenx');
      file[typeAt - 1] = 0x74;
      return file;
    },
    codes: ['structure/alignment'],
    keys: ['general.alignment'],
    repair: { gives: 'sound', trust: 'edited' },
  },
  'offset-one': {
    sentence: 'has one tensor offset that is 32 too large',
    base: 'plain-Q4_K_M',
    damage: (base) => withOffsets(base, (offset, index) => (index === 20 ? offset + 32 : offset)),
    codes: ['structure/offsets'],
    tensors: ['blk.2.attn_k.weight'],
    repair: original,
  },
  'offset-huge': {
    sentence: 'has one tensor offset far behind the end of the file',
    base: 'plain-Q4_K_M',
    damage: (base) => withOffsets(base, (offset, index) => (index === 20 ? 2 ** 45 : offset)),
    codes: ['structure/offsets'],
    tensors: ['blk.2.attn_k.weight'],
    repair: original,
  },
  'offset-unaligned': {
    sentence: 'has one tensor offset that is not a multiple of 32',
    base: 'built-Q4_K_M',
    damage: (base) => withOffsets(base, (offset, index) => (index === 20 ? offset + 7 : offset)),
    codes: ['structure/offsets'],
    tensors: ['blk.2.attn_k.weight'],
    repair: original,
  },
  'offsets-zero': {
    sentence: 'has 0 as the offset of every tensor',
    base: 'built-Q4_K_M',
    damage: (base) => withOffsets(base, () => 0),
    codes: ['structure/offsets'],
    repair: original,
  },
  'order-swapped': {
    sentence: 'has its tensors in another order than its records',
    base: 'built-Q4_K_M',
    damage(base) {
      // Two neighbours change places in the data, and their records tell so.
      const one = recordOf(base, 'blk.0.attn_k.weight');
      const other = recordOf(base, 'blk.0.attn_norm.weight');
      const { dataOffset } = anatomyOf(base);
      const first = base.slice(one.data, one.data + one.size);
      const second = base.slice(other.data, other.data + other.size);
      base.set(second, one.data);
      base.set(first, one.data + second.length);
      setUint64(base, other.offsetAt, one.data - dataOffset);
      return setUint64(base, one.offsetAt, one.data + second.length - dataOffset);
    },
    codes: ['structure/order'],
    tensors: ['blk.0.attn_k.weight', 'blk.0.attn_norm.weight'],
    repair: original,
  },
  'cut-in-magic': {
    sentence: 'ends inside its magic',
    base: 'plain-Q4_K_M',
    damage: (base) => cutAt(base, 3),
    codes: ['file/unknown'],
    repair: 'none',
  },
  'cut-in-counts': {
    sentence: 'ends inside its counts',
    base: 'plain-Q4_K_M',
    damage: (base) => cutAt(base, 20),
    codes: ['structure/header-truncated'],
    repair: 'none',
  },
  'cut-in-key': {
    sentence: 'ends inside a key',
    base: 'plain-Q4_K_M',
    damage: (base) => cutAt(base, entryOf(base, 'llama.block_count').at + 12),
    codes: ['structure/header-truncated'],
    repair: 'none',
  },
  'cut-in-value': {
    sentence: 'ends inside the vocabulary',
    base: 'plain-Q4_K_M',
    damage: (base) => cutAt(base, entryOf(base, 'tokenizer.ggml.tokens').valueAt + 20_000),
    codes: ['structure/header-truncated'],
    repair: 'none',
  },
  'cut-in-tensor-list': {
    sentence: 'ends inside the list of its tensors',
    base: 'built-Q4_K_M',
    damage: (base) => cutAt(base, recordOf(base, 'blk.2.attn_q.weight').shapeAt + 3),
    codes: ['structure/header-truncated'],
    repair: exactOriginal,
  },
  'cut-in-padding': {
    sentence: 'ends inside the padding between its header and its tensors',
    base: 'built-Q4_K_M',
    damage: (base) => cutAt(base, anatomyOf(base).records.at(-1)!.end + 1),
    codes: ['structure/truncated'],
    repair: exactOriginal,
  },
};
