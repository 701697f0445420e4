// Damages of what a model says about itself: missing, wrong and contradicting entries, missing, renamed and strange tensors.
import {
  float32Entry,
  int32ArrayEntry,
  stringEntry,
  uint32Entry,
  withoutEntry,
} from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { DamageKind, DamageTable, ExpectedRepair } from './damage-kind.ts';
import { rewriteGguf, type LooseTensor } from './rewrite-gguf.ts';

const edited: ExpectedRepair = { gives: 'sound', trust: 'edited' };
const original: ExpectedRepair = { gives: 'original', trust: 'edited' };

/** One entry replaced where it stands. */
export function withValue(entry: GgufEntry) {
  return (entries: readonly GgufEntry[]) =>
    entries.map((old) => (old.key === entry.key ? entry : old));
}

/** One entry left out. */
export const without = (key: string) => (entries: readonly GgufEntry[]) =>
  withoutEntry(entries, key);

export function metadataDamage(
  change: (entries: readonly GgufEntry[]) => readonly GgufEntry[],
  rest: Pick<DamageKind, 'sentence' | 'codes' | 'repair'> & Partial<DamageKind>,
): DamageKind {
  return {
    base: 'plain-Q4_K_M',
    damage: (bytes) => rewriteGguf(bytes, { metadata: change }),
    ...rest,
  };
}

function tensorDamage(
  change: (tensors: readonly LooseTensor[]) => readonly LooseTensor[],
  rest: Pick<DamageKind, 'sentence' | 'codes' | 'repair'> & Partial<DamageKind>,
): DamageKind {
  return {
    base: 'plain-Q4_K_M',
    damage: (bytes) => rewriteGguf(bytes, { tensors: change }),
    ...rest,
  };
}

const wrongNumber = (
  key: string,
  value: number,
  sentence: string,
  rest: Partial<DamageKind> = {},
): DamageKind =>
  metadataDamage(withValue(uint32Entry(key, value)), {
    sentence,
    codes: ['metadata/contradiction'],
    keys: [key],
    repair: original,
    ...rest,
  });

const missingKey = (key: string, sentence: string, repair: ExpectedRepair = edited): DamageKind =>
  metadataDamage(without(key), { sentence, codes: ['metadata/missing'], keys: [key], repair });

export const metadataDamages: DamageTable = {
  'architecture-missing': metadataDamage(without('general.architecture'), {
    sentence: 'does not say its architecture',
    codes: ['metadata/architecture'],
    keys: ['general.architecture'],
    repair: edited,
  }),
  'architecture-misspelled': metadataDamage(
    withValue(stringEntry('general.architecture', 'lama')),
    {
      sentence: 'says an architecture that its other entries do not use',
      codes: ['metadata/architecture'],
      keys: ['general.architecture'],
      repair: original,
    },
  ),
  'architecture-number': metadataDamage(withValue(uint32Entry('general.architecture', 1)), {
    sentence: 'has a number as its architecture',
    codes: ['metadata/architecture'],
    keys: ['general.architecture'],
    repair: original,
  }),
  'heads-missing': missingKey('llama.attention.head_count', 'does not say its number of heads'),
  'blocks-missing': missingKey('llama.block_count', 'does not say its number of blocks'),
  'embedding-missing': missingKey('llama.embedding_length', 'does not say its embedding length'),
  'feed-forward-missing': missingKey('llama.feed_forward_length', 'does not say its feed-forward length'), // prettier-ignore
  'epsilon-missing': missingKey(
    'llama.attention.layer_norm_rms_epsilon',
    'does not say the epsilon of its norms',
    { gives: 'sound', trust: 'edited', with: 'source' },
  ),
  'context-missing': missingKey('llama.context_length', 'does not say its context length', {
    gives: 'sound',
    trust: 'edited',
    with: 'source',
  }),
  'heads-text': metadataDamage(withValue(stringEntry('llama.attention.head_count', '4')), {
    sentence: 'has its number of heads as a text',
    codes: ['metadata/type'],
    keys: ['llama.attention.head_count'],
    repair: { gives: 'original', trust: 'edited', with: 'source' },
  }),
  'blocks-float': metadataDamage(withValue(float32Entry('llama.block_count', 4)), {
    sentence: 'has its number of blocks as a float',
    codes: ['metadata/type'],
    keys: ['llama.block_count'],
    repair: original,
  }),
  'heads-wrong': wrongNumber('llama.attention.head_count', 5, 'says 5 heads instead of 4'),
  'key-value-heads-wrong': wrongNumber('llama.attention.head_count_kv', 4, 'says 4 key and value heads instead of 2'), // prettier-ignore
  'embedding-wrong': wrongNumber('llama.embedding_length', 512, 'says an embedding length of 512 instead of 256'), // prettier-ignore
  'feed-forward-wrong': wrongNumber('llama.feed_forward_length', 1024, 'says a feed-forward length of 1024 instead of 768'), // prettier-ignore
  'blocks-less': wrongNumber('llama.block_count', 3, 'says 3 blocks instead of 4'),
  'blocks-more': wrongNumber('llama.block_count', 5, 'says 5 blocks instead of 4'),
  'key-length-wrong': wrongNumber('llama.attention.key_length', 128, 'says a key length of 128 instead of 64'), // prettier-ignore
  'context-zero': wrongNumber('llama.context_length', 0, 'says a context length of 0', {
    codes: ['metadata/context'],
    repair: { gives: 'original', trust: 'edited', with: 'source' },
  }),
  'context-absurd': wrongNumber(
    'llama.context_length',
    4_000_000_000,
    'says a context length of 4,000,000,000',
    {
      // prettier-ignore
      codes: ['metadata/context'],
      repair: { gives: 'original', trust: 'edited', with: 'source' },
    },
  ),
  'rope-zero': metadataDamage(withValue(float32Entry('llama.rope.freq_base', 0)), {
    sentence: 'says a rope base of 0',
    codes: ['metadata/rope'],
    keys: ['llama.rope.freq_base'],
    repair: { gives: 'original', trust: 'edited', with: 'source' },
  }),
  'rope-not-a-number': metadataDamage(withValue(float32Entry('llama.rope.freq_base', NaN)), {
    sentence: 'says a rope base that is not a number',
    codes: ['metadata/rope'],
    keys: ['llama.rope.freq_base'],
    repair: { gives: 'original', trust: 'edited', with: 'source' },
  }),
  'rope-dimensions': wrongNumber('llama.rope.dimension_count', 63, 'rotates 63 of 64 dimensions', {
    codes: ['metadata/rope'],
  }),
  'file-type-wrong': wrongNumber(
    'general.file_type',
    7,
    'says that it is Q8_0 though it is Q4_K_M',
    {
      // prettier-ignore
      codes: ['metadata/file-type'],
    },
  ),
  'differs-from-source': metadataDamage(withValue(float32Entry('llama.rope.freq_base', 500_000)), {
    sentence: 'says another rope base than its source',
    compareWith: 'source',
    codes: ['metadata/differs'],
    keys: ['llama.rope.freq_base'],
    repair: { gives: 'original', trust: 'edited', with: 'source' },
  }),
  'tensor-missing': tensorDamage(
    (tensors) => tensors.filter(({ name }) => name !== 'blk.2.ffn_down.weight'),
    {
      base: 'built-Q4_K_M',
      sentence: 'has one tensor less than its architecture needs',
      codes: ['metadata/tensor-missing', 'hashes/list'],
      tensors: ['blk.2.ffn_down.weight'],
      repair: { gives: 'original', trust: 'exact' },
    },
  ),
  'tensor-misnamed': tensorDamage(
    (tensors) =>
      tensors.map((tensor) =>
        tensor.name === 'blk.2.attn_norm.weight'
          ? { ...tensor, name: 'blk.2.attn_nrom.weight' }
          : tensor,
      ),
    {
      base: 'built-Q4_K_M',
      sentence: 'has a tensor under a misspelled name',
      codes: ['metadata/tensor-missing', 'metadata/tensor-unexpected'],
      tensors: ['blk.2.attn_norm.weight', 'blk.2.attn_nrom.weight'],
      repair: { gives: 'original', trust: 'exact' },
    },
  ),
  'tensor-unexpected': tensorDamage(
    (tensors) => [
      ...tensors,
      {
        name: 'blk.0.attn_extra.weight',
        shape: [8],
        type: 'F32',
        data: new Uint8Array(32).fill(1),
      },
    ],
    {
      sentence: 'has a tensor that its architecture does not know',
      codes: ['metadata/tensor-unexpected'],
      tensors: ['blk.0.attn_extra.weight'],
      repair: 'none',
    },
  ),
  'tensor-reshaped': tensorDamage(
    (tensors) =>
      tensors.map((tensor) =>
        tensor.name === 'blk.2.attn_output.weight' ? { ...tensor, shape: [512, 128] } : tensor,
      ),
    {
      base: 'built-Q4_K_M',
      sentence: 'has a tensor of 512 × 128 instead of 256 × 256',
      codes: ['metadata/tensor-shape'],
      tensors: ['blk.2.attn_output.weight'],
      repair: { gives: 'original', trust: 'exact' },
    },
  ),
};

/** Numbers of an array entry, changed. */
export function withNumbers(key: string, change: (values: Int32Array) => Int32Array) {
  return (entries: readonly GgufEntry[]) =>
    entries.map((entry) =>
      entry.key === key && entry.value.type === 'array' && entry.value.elementType === 'int32'
        ? int32ArrayEntry(key, change(Int32Array.from(entry.value.value)))
        : entry,
    );
}
