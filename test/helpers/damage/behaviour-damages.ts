// Damages that show, or show best, when llama.cpp loads the file and is asked.
import type { FindingCode } from '#src/contract/doctor/finding.ts';
import { stringArrayEntry } from '#src/formats/gguf/entries.ts';
import type { BaseName } from './base-files.ts';
import { setFloat32 } from './byte-edits.ts';
import { recordOf, viewOf } from './gguf-anatomy.ts';
import { metadataDamages } from './metadata-damages.ts';
import { dataDamages } from './data-damages.ts';
import type { DamageKind } from './damage-kind.ts';
import { rewriteGguf } from './rewrite-gguf.ts';

export type BehaviourDamage = Pick<DamageKind, 'sentence' | 'base' | 'damage' | 'compareWith'> & {
  /** Every code that loading and asking finds, and no other. */
  readonly codes: readonly FindingCode[];
};

function known(kind: DamageKind | undefined, codes: readonly FindingCode[]): BehaviourDamage {
  if (kind === undefined) throw new Error('No such kind');
  const { sentence, base, damage } = kind;
  return { sentence, base, damage, codes };
}

const floats: BaseName = 'plain-F32';

export const behaviourDamages: Readonly<Record<string, BehaviourDamage>> = {
  refused: known(metadataDamages['embedding-wrong'], ['behaviour/load']),
  cut: known(dataDamages['cut-alone'], ['behaviour/load']),
  'not-finite': {
    // Rounding to blocks of 8 bits, as quantized weights have it, would swallow a single NaN.
    ...known(dataDamages['nan-f32'], ['behaviour/not-finite']),
    base: floats,
  },
  'all-alike': known(dataDamages['zero-norm'], ['behaviour/not-finite']),
  'byte-missing': {
    sentence: 'has no token for the byte that most Cyrillic letters begin with',
    base: 'plain-Q4_K_M',
    damage: (bytes) =>
      rewriteGguf(bytes, {
        metadata: (entries) =>
          entries.map((entry) =>
            entry.key === 'tokenizer.ggml.tokens' &&
            entry.value.type === 'array' &&
            entry.value.elementType === 'string'
              ? stringArrayEntry(entry.key, entry.value.value.map((text) => (text === 'Ð' ? 'zqzq' : text))) // prettier-ignore
              : entry,
          ),
      }),
    codes: ['tokenizer/round-trip'],
  },
  'one-token': {
    sentence: 'has one token that is 100 times as loud as all others',
    base: floats,
    damage(bytes) {
      const { data } = recordOf(bytes, 'token_embd.weight');
      const view = viewOf(bytes);
      for (let column = 0; column < 256; column++) {
        const at = data + 4 * (256 * 300 + column);
        setFloat32(bytes, at, 100 * view.getFloat32(at, true));
      }
      return bytes;
    },
    codes: ['behaviour/repeats'],
  },
  'moved-embedding': {
    sentence: 'has the embedding of every token one row too far',
    base: 'plain-Q8_0',
    damage(bytes) {
      const { data, size } = recordOf(bytes, 'token_embd.weight');
      return bytes.copyWithin(data + size / 4096, data, data + size - size / 4096);
    },
    compareWith: 'source',
    codes: ['behaviour/perplexity'],
  },
};
