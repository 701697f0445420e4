// Damages of files that belong together: parts of a split, adapters in a bundle's tail.
import { uint64ArrayEntry, stringArrayEntry } from '#src/formats/gguf/entries.ts';
import { bundleKeys } from '#src/formats/bundle/bundle-entries.ts';
import { splitFileName } from '#src/formats/gguf/split-names.ts';
import { flipBit, setUint64 } from './byte-edits.ts';
import type { DamagedFile, DamageTable, ExpectedRepair } from './damage-kind.ts';
import { anatomyOf, entryOf, viewOf } from './gguf-anatomy.ts';
import { rewriteGguf } from './rewrite-gguf.ts';
import { splitGguf } from './split-gguf.ts';

const exact: ExpectedRepair = { gives: 'original', trust: 'exact' };
const part = (index: number) => splitFileName('seedling', index, 3);

/** Part `given` as the file, the others beside it after `change`. */
async function damagedSplit(
  base: Uint8Array,
  given: number,
  change: (parts: Map<string, Uint8Array>) => void | Promise<void>,
): Promise<DamagedFile> {
  const parts = await splitGguf(base, 'seedling', 3);
  await change(parts);
  const bytes = parts.get(part(given));
  if (bytes === undefined) throw new Error(`No part ${given}`);
  parts.delete(part(given));
  return { bytes, name: part(given), beside: Object.fromEntries(parts) };
}

function rename(parts: Map<string, Uint8Array>, from: string, to: string): void {
  parts.set(to, parts.get(from)!);
  parts.delete(from);
}

/** Where the numbers of an array entry of 64 bits begin. */
const numbersAt = (bytes: Uint8Array, key: string) => entryOf(bytes, key).valueAt + 12;

export const partDamages: DamageTable = {
  'split-part-missing': {
    sentence: 'is the first of three parts, and the second is missing',
    base: 'built-Q4_K_M',
    damage: (base) => damagedSplit(base, 0, (parts) => void parts.delete(part(1))),
    codes: ['split/part-missing'],
    repair: exact,
  },
  'split-first-missing': {
    sentence: 'is the second of three parts, and the first is missing',
    base: 'plain-Q4_K_M',
    damage: (base) => damagedSplit(base, 1, (parts) => void parts.delete(part(0))),
    codes: ['split/part-missing'],
    repair: 'none',
  },
  'split-part-misnamed': {
    sentence: 'is the first of three parts, and the second has another name',
    base: 'plain-Q4_K_M',
    damage: (base) => damagedSplit(base, 0, (parts) => rename(parts, part(1), 'seedling (2).gguf')),
    codes: ['split/part-misnamed'],
    repair: { gives: 'original', trust: 'edited' },
  },
  'split-parts-swapped': {
    sentence: 'is the first of three parts, and the others have each other’s names',
    base: 'plain-Q4_K_M',
    damage: (base) =>
      damagedSplit(base, 0, (parts) => {
        rename(parts, part(1), 'x');
        rename(parts, part(2), part(1));
        rename(parts, 'x', part(2));
      }),
    codes: ['split/part-misnamed'],
    repair: { gives: 'original', trust: 'edited' },
  },
  'split-part-foreign': {
    sentence: 'is the first of three parts, and the second belongs to another model',
    base: 'built-Q4_K_M',
    damage: (base, bases) =>
      damagedSplit(base, 0, async (parts) => {
        const others = await splitGguf(bases.bytes('gpt2-Q8_0'), 'seedling', 3);
        parts.set(part(1), others.get(part(1))!);
      }),
    codes: ['split/part-foreign'],
    repair: exact,
  },
  'split-part-of-level': {
    sentence:
      'is the first of three parts, and the second is one of another level of the same model',
    base: 'built-Q4_K_M',
    damage: (base, bases) =>
      damagedSplit(base, 0, async (parts) => {
        const others = await splitGguf(bases.bytes('built-Q8_0'), 'seedling', 3);
        parts.set(part(1), others.get(part(1))!);
      }),
    codes: ['split/part-foreign'],
    repair: exact,
  },
  'split-part-of-level-given': {
    sentence: 'is the second of three parts, and one of another level than the others',
    base: 'built-Q4_K_M',
    damage: (base, bases) =>
      damagedSplit(base, 1, async (parts) => {
        const others = await splitGguf(bases.bytes('plain-Q2_K'), 'seedling', 3);
        parts.set(part(1), others.get(part(1))!);
      }),
    codes: ['split/part-foreign'],
    repair: exact,
  },
  'split-part-of-merge': {
    sentence:
      'is the first of three parts, and the second is one of another model of the same level',
    base: 'built-Q8_0',
    damage: (base, bases) =>
      damagedSplit(base, 0, async (parts) => {
        const others = await splitGguf(bases.bytes('merged-Q8_0'), 'seedling', 3);
        parts.set(part(1), others.get(part(1))!);
      }),
    codes: ['split/part-foreign'],
    repair: exact,
  },
  'split-part-bit': {
    sentence: 'is the first of three parts, and the third has one flipped bit',
    base: 'built-Q4_K_M',
    damage: (base) =>
      damagedSplit(base, 0, (parts) => {
        const bytes = parts.get(part(2))!;
        flipBit(bytes, anatomyOf(bytes).records[4]!.data + 77, 3);
      }),
    codes: ['hashes/tensor'],
    repair: exact,
  },
  'split-part-cut': {
    sentence: 'is the first of three parts, and the last is cut short',
    base: 'plain-Q4_K_M',
    damage: (base) =>
      damagedSplit(base, 0, (parts) => void parts.set(part(2), parts.get(part(2))!.slice(0, -100_000))), // prettier-ignore
    codes: ['structure/truncated'],
    tensors: ['blk.3.ffn_up.weight'],
    repair: { gives: 'sound', trust: 'derived', with: 'source' },
  },

  'bundle-tail-missing': {
    sentence: 'lost all of its adapters to a tool that rewrote it',
    base: 'bundled-Q4_K_M',
    damage: (base) => base.slice(0, anatomyOf(base).end),
    codes: ['bundle/tail-missing'],
    repair: exact,
  },
  'bundle-tail-cut': {
    sentence: 'ends inside its last adapter',
    base: 'bundled-Q4_K_M',
    damage: (base) => base.slice(0, -200_000),
    codes: ['bundle/tail-missing'],
    repair: exact,
  },
  'bundle-adapter-bit': {
    sentence: 'has one flipped bit in an adapter',
    base: 'bundled-Q4_K_M',
    damage: (base) => flipBit(base, anatomyOf(base).end + 300_000, 4),
    codes: ['bundle/adapter-damaged'],
    repair: exact,
  },
  'bundle-adapter-header': {
    sentence: 'has an adapter without its magic',
    base: 'bundled-Q4_K_M',
    damage: (base) => base.fill(0, anatomyOf(base).end, anatomyOf(base).end + 16),
    codes: ['bundle/adapter-damaged'],
    repair: exact,
  },
  'bundle-list-outside': {
    sentence: 'lists an adapter far behind its own end',
    base: 'bundled-Q4_K_M',
    damage: (base) => setUint64(base, numbersAt(base, bundleKeys.offsets) + 8, 2n ** 40n),
    codes: ['bundle/list'],
    keys: [bundleKeys.offsets],
    repair: exact,
  },
  'bundle-list-inside': {
    sentence: 'lists an adapter inside its tensors',
    base: 'bundled-Q4_K_M',
    damage: (base) => setUint64(base, numbersAt(base, bundleKeys.offsets), 64),
    codes: ['bundle/list'],
    keys: [bundleKeys.offsets],
    repair: exact,
  },
  'bundle-list-moved': {
    sentence: 'was rewritten with a longer header, so that its adapters moved',
    base: 'bundled-Q4_K_M',
    damage: (base) =>
      rewriteGguf(base, {
        metadata: (entries) => [...entries, stringArrayEntry('general.languages', ['en', 'x'.repeat(500)])], // prettier-ignore
      }),
    codes: ['bundle/list'],
    keys: [bundleKeys.offsets],
    repair: { gives: 'sound', trust: 'exact' },
  },
  'bundle-list-short': {
    sentence: 'lists one size for two adapters',
    base: 'bundled-Q4_K_M',
    damage: (base) => {
      const at = numbersAt(base, bundleKeys.sizes);
      const size = viewOf(base).getBigUint64(at, true);
      return rewriteGguf(base, {
        metadata: (entries) =>
          entries.map((entry) =>
            entry.key === bundleKeys.sizes ? uint64ArrayEntry(entry.key, [size]) : entry,
          ),
      });
    },
    codes: ['bundle/list'],
    keys: [bundleKeys.sizes],
    repair: { gives: 'sound', trust: 'exact' },
  },
  'bundle-and-tensor': {
    sentence: 'has a flipped bit in a tensor and lost its adapters',
    base: 'bundled-Q4_K_M',
    damage: (base) => {
      const { records, end } = anatomyOf(base);
      return flipBit(base, records[12]!.data + 99, 2).slice(0, end);
    },
    codes: ['hashes/tensor', 'bundle/tail-missing'],
    repair: exact,
  },
};
