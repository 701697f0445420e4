// Damages of what follows the header: cuts, holes, flipped bits, values that no training gives, swapped and doubled tensors.
import type { FindingCode } from '#src/contract/doctor/finding.ts';
import { buildRouterManifest } from '../build-router-manifest.ts';
import { stringArrayEntry } from '#src/formats/gguf/entries.ts';
import type { BaseName } from './base-files.ts';
import {
  flipBit,
  join,
  seededBytes,
  setFloat32,
  setUint16,
  swapRanges,
  zeroRange,
} from './byte-edits.ts';
import type { DamageKind, DamageTable, ExpectedRepair } from './damage-kind.ts';
import { anatomyOf, recordOf } from './gguf-anatomy.ts';
import { rewriteGguf } from './rewrite-gguf.ts';

const exact: ExpectedRepair = { gives: 'original', trust: 'exact' };
const derived: ExpectedRepair = { gives: 'original', trust: 'derived', with: 'source' };

/** A file that ends inside the data of its tensor number `index`. */
function cut(
  base: BaseName,
  index: number,
  keep: number,
): Pick<DamageKind, 'base' | 'damage' | 'codes'> {
  return {
    base,
    damage: (bytes) => bytes.slice(0, anatomyOf(bytes).records.at(index)!.data + keep),
    codes: ['structure/truncated'],
  };
}

/** One tensor's bytes changed. */
function hit(
  base: BaseName,
  tensor: string,
  codes: readonly FindingCode[],
  change: (bytes: Uint8Array, data: number, size: number) => Uint8Array,
  repair: ExpectedRepair = derived,
): Omit<DamageKind, 'sentence'> {
  return {
    base,
    damage(bytes) {
      const { data, size } = recordOf(bytes, tensor);
      return change(bytes, data, size);
    },
    codes,
    tensors: [tensor],
    repair,
  };
}

const notANumber = 0x7e00;
const infinity = 0x7c00;
const scale = (offset: number, bits: number, block = 5, blockBytes = 0) =>
  (bytes: Uint8Array, data: number): Uint8Array =>
    setUint16(bytes, data + block * blockBytes + offset, bits); // prettier-ignore
const gate = 'blk.1.ffn_gate.weight';
const scaleCodes = ['values/scale-not-finite'] as const;

export const dataDamages: DamageTable = {
  'cut-first-tensor': {
    ...cut('built-Q4_K_M', 0, 100),
    sentence: 'ends inside its first tensor',
    repair: exact,
  },
  'cut-middle-tensor': {
    ...cut('built-Q4_K_M', 20, 5_000),
    sentence: 'ends inside a tensor in the middle',
    repair: exact,
  },
  'cut-last-tensor': {
    ...cut('built-Q8_0', 37, 5_000),
    sentence: 'ends inside its last tensor',
    tensors: ['blk.3.ffn_up.weight'],
    repair: exact,
  },
  'cut-last-byte': {
    ...cut('built-Q4_K_M', 37, 110_591),
    sentence: 'lacks its last byte',
    tensors: ['blk.3.ffn_up.weight'],
    repair: exact,
  },
  'cut-between-tensors': {
    ...cut('built-Q4_K_M', 36, 0),
    sentence: 'ends exactly before its last two tensors',
    tensors: ['blk.3.ffn_norm.weight', 'blk.3.ffn_up.weight'],
    repair: exact,
  },
  'cut-with-source': {
    ...cut('plain-Q4_K_M', 35, 1),
    sentence: 'without provenance ends inside a tensor, and its source is given',
    tensors: ['blk.3.ffn_gate.weight', 'blk.3.ffn_norm.weight', 'blk.3.ffn_up.weight'],
    repair: derived,
  },
  'cut-with-sibling': {
    ...cut('plain-Q4_K_M', 37, 1),
    sentence: 'without provenance ends inside its last tensor, and another level is given',
    tensors: ['blk.3.ffn_up.weight'],
    repair: { gives: 'sound', trust: 'approximate', with: 'sibling' },
  },
  'cut-alone': {
    ...cut('plain-Q4_K_M', 37, 1),
    sentence: 'without provenance ends inside its last tensor, and nothing else is there',
    tensors: ['blk.3.ffn_up.weight'],
    repair: 'none',
  },
  'tail-noise': {
    sentence: 'has 5,000 bytes behind its last tensor',
    base: 'plain-Q4_K_M',
    damage: (base) => join(base, seededBytes(5, 5_000)),
    codes: ['structure/unknown-tail'],
    repair: { gives: 'original', trust: 'edited' },
  },
  'tail-model': {
    sentence: 'has another model behind its last tensor',
    base: 'built-Q4_K_M',
    damage: (base) => join(base, base),
    codes: ['structure/unknown-tail'],
    repair: { gives: 'original', trust: 'edited' },
  },

  'nan-f32': {
    ...hit('plain-Q4_K_M', 'output_norm.weight', ['values/not-finite'], (bytes, data) =>
      setFloat32(bytes, data + 40, NaN),
    ),
    sentence: 'has a NaN in an F32 tensor',
  },
  'infinity-f32': {
    ...hit(
      'built-Q4_K_M',
      'blk.0.attn_norm.weight',
      ['values/not-finite', 'hashes/tensor'],
      (bytes, data) => setFloat32(bytes, data + 400, -Infinity),
      exact,
    ),
    sentence: 'has an infinity in an F32 tensor',
  },
  'nan-f16': {
    ...hit('plain-F16', gate, ['values/not-finite'], (bytes, data) =>
      setUint16(bytes, data + 2 * 256 * 17, notANumber),
    ),
    sentence: 'has a NaN in an F16 tensor',
  },
  'infinity-bf16': {
    ...hit('plain-BF16', gate, ['values/not-finite'], (bytes, data) =>
      setUint16(bytes, data + 2 * 256 * 17, 0x7f80),
    ),
    sentence: 'has an infinity in a BF16 tensor',
  },
  'nan-q8_0': {
    ...hit('plain-Q8_0', gate, scaleCodes, scale(0, notANumber, 5, 34)),
    sentence: 'has a NaN as the scale of a Q8_0 block',
  },
  'nan-q4_0': {
    ...hit('plain-Q4_0', gate, scaleCodes, scale(0, notANumber, 5, 18)),
    sentence: 'has a NaN as the scale of a Q4_0 block',
  },
  'infinity-q5_1': {
    ...hit('plain-Q5_1', gate, scaleCodes, scale(2, infinity, 5, 24)),
    sentence: 'has an infinity as the minimum of a Q5_1 block',
  },
  'nan-q4_k': {
    ...hit('plain-Q4_K_M', gate, scaleCodes, scale(0, notANumber, 5, 144)),
    sentence: 'has a NaN as the scale of a Q4_K block',
  },
  'nan-q4_k-minimum': {
    ...hit('built-Q4_K_M', gate, ['values/scale-not-finite', 'hashes/tensor'], scale(2, notANumber, 5, 144), exact), // prettier-ignore
    sentence: 'has a NaN as the minimum of a Q4_K block',
  },
  'infinity-q6_k': {
    ...hit('plain-Q6_K', gate, scaleCodes, scale(208, infinity, 5, 210)),
    sentence: 'has an infinity as the scale of a Q6_K block',
  },
  'nan-q3_k': {
    ...hit('plain-Q3_K_M', gate, scaleCodes, scale(108, notANumber, 5, 110)),
    sentence: 'has a NaN as the scale of a Q3_K block',
  },
  'nan-q2_k': {
    ...hit('plain-Q2_K', gate, scaleCodes, scale(80, notANumber, 5, 84)),
    sentence: 'has a NaN as the scale of a Q2_K block',
  },
  'nan-iq4_xs': {
    ...hit('plain-IQ4_XS', gate, scaleCodes, scale(0, notANumber, 5, 136)),
    sentence: 'has a NaN as the scale of an IQ4_XS block',
  },
  'scale-absurd-q8_0': {
    ...hit('plain-Q8_0', gate, ['values/scale-absurd'], scale(0, 0x7b00, 5, 34)),
    sentence: 'has 57,344 as the scale of a Q8_0 block',
  },
  'scale-absurd-q4_k': {
    ...hit('plain-Q4_K_M', gate, ['values/scale-absurd'], scale(0, 0x7b00, 5, 144)),
    sentence: 'has 57,344 as the scale of a Q4_K block',
  },
  'zero-tensor': {
    ...hit('plain-Q4_K_M', 'blk.2.ffn_down.weight', ['values/all-zero'], zeroRange),
    sentence: 'has a tensor of zeros',
  },
  'zero-norm': {
    ...hit('built-Q4_K_M', 'output_norm.weight', ['values/all-zero', 'hashes/tensor'], zeroRange, exact), // prettier-ignore
    sentence: 'has a norm of zeros',
  },
  'zero-page': {
    ...hit('plain-Q4_K_M', gate, ['values/zero-range'], (bytes, data) =>
      zeroRange(bytes, Math.ceil((data + 10_000) / 4096) * 4096, 4096),
    ),
    sentence: 'has a page of 4,096 zeros inside a tensor',
  },
  'zero-hole': {
    sentence: 'has a hole of zeros over several tensors',
    base: 'built-Q4_K_M',
    damage: (base) => zeroRange(base, recordOf(base, 'blk.1.attn_k.weight').data + 4096, 65_536),
    codes: ['values/zero-range', 'values/all-zero', 'hashes/tensor'],
    tensors: ['blk.1.attn_k.weight', 'blk.1.attn_norm.weight', 'blk.1.attn_output.weight', 'blk.1.attn_q.weight'], // prettier-ignore
    repair: exact,
  },
  duplicate: {
    sentence: 'holds one tensor under two names',
    base: 'plain-Q4_K_M',
    damage(base) {
      const from = recordOf(base, 'blk.0.ffn_up.weight');
      return base.copyWithin(recordOf(base, 'blk.1.ffn_up.weight').data, from.data, from.data + from.size); // prettier-ignore
    },
    codes: ['values/duplicate'],
    tensors: ['blk.0.ffn_up.weight', 'blk.1.ffn_up.weight'],
    repair: derived,
  },
  'swapped-with-source': {
    sentence: 'has two tensors in each other’s place, and its source is given',
    base: 'plain-Q8_0',
    damage: swapAttention,
    compareWith: 'source',
    codes: ['values/differs'],
    tensors: ['blk.0.attn_q.weight', 'blk.1.attn_q.weight'],
    repair: derived,
  },
  'swapped-with-sibling': {
    sentence: 'has two tensors in each other’s place, and another level is given',
    base: 'plain-Q4_K_M',
    damage: swapAttention,
    compareWith: 'sibling',
    codes: ['values/differs'],
    tensors: ['blk.0.attn_q.weight', 'blk.1.attn_q.weight'],
    repair: { gives: 'sound', trust: 'approximate', with: 'sibling' },
  },
  'swapped-with-provenance': {
    sentence: 'has two tensors in each other’s place, and hashes of both',
    base: 'built-Q4_K_M',
    damage: swapAttention,
    codes: ['hashes/tensor'],
    tensors: ['blk.0.attn_q.weight', 'blk.1.attn_q.weight'],
    repair: exact,
  },
  'bit-first-tensor': {
    ...hit(
      'built-Q4_K_M',
      'output_norm.weight',
      ['hashes/tensor'],
      (bytes, data) => flipBit(bytes, data + 512),
      exact,
    ),
    sentence: 'has one flipped bit in its first tensor',
  },
  'bit-middle-tensor': {
    ...hit(
      'built-Q4_K_M',
      'blk.1.ffn_up.weight',
      ['hashes/tensor'],
      (bytes, data) => flipBit(bytes, data + 144 * 50 + 100, 6),
      exact,
    ),
    sentence: 'has one flipped bit in a tensor in the middle',
  },
  'bit-last-byte': {
    ...hit(
      'built-Q8_0',
      'blk.3.ffn_up.weight',
      ['hashes/tensor'],
      (bytes, data, size) => flipBit(bytes, data + size - 1),
      exact,
    ),
    sentence: 'has one flipped bit in its last byte',
  },
  'bit-merged': {
    ...hit(
      'merged-Q8_0',
      'blk.2.attn_q.weight',
      ['hashes/tensor'],
      (bytes, data) => flipBit(bytes, data + 3_000, 3),
      exact,
    ),
    sentence: 'with a merged adapter has one flipped bit in a tensor of it',
  },
  'bits-three-tensors': {
    sentence: 'has a flipped bit in three of its 38 tensors',
    base: 'built-Q4_K_M',
    damage: (base) => {
      for (const name of ['token_embd.weight', 'blk.0.ffn_down.weight', 'blk.3.attn_v.weight']) {
        flipBit(base, recordOf(base, name).data + 4_321, 1);
      }
      return base;
    },
    codes: ['hashes/tensor'],
    tensors: ['token_embd.weight', 'blk.0.ffn_down.weight', 'blk.3.attn_v.weight'],
    repair: exact,
  },
  'hash-list-short': {
    sentence: 'lists fewer hashes than it has tensors',
    base: 'built-Q4_K_M',
    damage: (base) => withHashes(base, (hashes) => hashes.slice(0, 30)),
    codes: ['hashes/list'],
    keys: ['studio.tensor.sha256'],
    repair: { gives: 'sound', trust: 'edited' },
  },
  'hash-list-wrong': {
    sentence: 'has no SHA-256 in its list of hashes',
    base: 'built-Q4_K_M',
    damage: (base) => withHashes(base, (hashes) => hashes.map((hash, index) => (index === 4 ? 'x'.repeat(64) : hash))), // prettier-ignore
    codes: ['hashes/list'],
    keys: ['studio.tensor.sha256'],
    repair: { gives: 'sound', trust: 'edited' },
  },
  'file-hash': {
    sentence: 'is not what SHA256SUMS beside it says',
    base: 'plain-Q4_K_M',
    damage: (base) => ({
      bytes: flipBit(base, recordOf(base, gate).data + 144 * 9 + 77),
      name: 'model.gguf',
      beside: { SHA256SUMS: new TextEncoder().encode(`${'ab'.repeat(32)}  model.gguf\n`) },
    }),
    codes: ['hashes/file'],
    repair: 'none',
  },
  'package-hash': {
    sentence: 'is not what the router.json of its package says',
    base: 'plain-Q4_K_M',
    damage: (base) => ({
      bytes: flipBit(base, recordOf(base, gate).data + 144 * 9 + 77),
      name: 'model.gguf',
      beside: { 'router.json': packageOf('ab'.repeat(32)) },
    }),
    codes: ['hashes/file'],
    repair: 'none',
  },
  'package-adapter-hash': {
    sentence: 'is an adapter, and not the one that the router.json of its package names',
    base: 'adapter',
    damage: (base) => ({
      bytes: flipBit(base, base.length - 4001, 2),
      name: 'adapter.gguf',
      beside: { 'router.json': packageOf('ab'.repeat(32)) },
    }),
    codes: ['hashes/file'],
    repair: 'none',
  },
};

/** A family of one parent, `model.gguf`, with `adapter.gguf` beside it; both have this hash. */
export function packageOf(sha256: string): Uint8Array {
  const manifest = buildRouterManifest();
  const [first, ...others] = manifest.parents;
  const adapter = { id: 'care/body', domain: 'care', subdomain: 'body', scale: 1, source: 'file' as const, file: './adapter.gguf', sha256 }; // prettier-ignore
  const parent = { ...first!, file: 'model.gguf', sha256, adapters: [adapter] };
  return new TextEncoder().encode(JSON.stringify({ ...manifest, parents: [parent, ...others] }));
}

function swapAttention(bytes: Uint8Array): Uint8Array {
  const one = recordOf(bytes, 'blk.0.attn_q.weight');
  return swapRanges(bytes, one.data, recordOf(bytes, 'blk.1.attn_q.weight').data, one.size);
}

function withHashes(
  bytes: Uint8Array,
  change: (hashes: readonly string[]) => readonly string[],
): Promise<Uint8Array> {
  return rewriteGguf(bytes, {
    metadata: (entries) =>
      entries.map((entry) =>
        entry.key === 'studio.tensor.sha256' &&
        entry.value.type === 'array' &&
        entry.value.elementType === 'string'
          ? stringArrayEntry(entry.key, change(entry.value.value))
          : entry,
      ),
  });
}
