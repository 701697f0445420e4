// Seeded damage for the fuzz tests: the same seed always makes the same files, so that a failure can be repeated.

export interface Random {
  /** An integer from 0 to limit - 1. */
  below(limit: number): number;
  pick<Item>(items: readonly Item[]): Item;
}

/** Mulberry32: 32 bits of state are enough here. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    below: (limit) => Math.floor((next() / 0x1_0000_0000) * limit),
    pick(items) {
      const item = items[Math.floor((next() / 0x1_0000_0000) * items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
  };
}

/** Counts, lengths and offsets that readers get wrong. */
const hostileNumbers = [
  0n, 1n, 2n, 7n, 31n, 32n, 33n, 63n, 64n, 65n, 127n, 128n, 255n, 256n, 65_535n, 65_536n, 0x7fff_ffffn, 0x8000_0000n,
  0xffff_fff0n, 0xffff_ffffn, 0x1_0000_0000n, 2n ** 40n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, 2n ** 63n,
  2n ** 64n - 32n, 2n ** 64n - 1n,
]; // prettier-ignore

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const mutations: readonly Mutation[] = [
  // One bit
  (bytes, random) => changed(bytes, (copy) => {
    const at = random.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  }),
  // One byte
  (bytes, random) => changed(bytes, (copy) => (copy[random.below(copy.length)] = random.below(256))),
  // A number of 1 to 8 bytes
  (bytes, random) => changed(bytes, (copy) => {
    const width = random.pick([1, 2, 4, 8]);
    let value = random.pick(hostileNumbers);
    const at = random.below(Math.max(1, copy.length - width + 1));
    for (let byte = 0; byte < width && at + byte < copy.length; byte++) {
      copy[at + byte] = Number(value & 0xffn);
      value >>= 8n;
    }
  }),
  // A run of one byte
  (bytes, random) => changed(bytes, (copy) => {
    const at = random.below(copy.length);
    copy.fill(random.pick([0, 0x20, 0x7f, 0x80, 0xff]), at, at + 1 + random.below(64));
  }),
  // Cut
  (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)),
  // Removed
  (bytes, random) => {
    const at = random.below(bytes.length);
    return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(32)));
  },
  // Doubled
  (bytes, random) => {
    const at = random.below(bytes.length);
    const end = Math.min(bytes.length, at + 1 + random.below(128));
    return joined(bytes.subarray(0, end), bytes.subarray(at));
  },
  // Replaced by a part of another file
  (bytes, random, other) => {
    const from = random.below(other.length);
    const piece = other.subarray(from, from + 1 + random.below(64));
    const at = random.below(bytes.length);
    return joined(bytes.subarray(0, at), piece, bytes.subarray(at + piece.length));
  },
]; // prettier-ignore

/** One to four mutations; `other` lends pieces. */
export function mutate(bytes: Uint8Array, random: Random, other: Uint8Array = bytes): Uint8Array {
  let result = bytes;
  for (let rounds = 1 + random.below(4); rounds > 0 && result.length > 0; rounds--) {
    result = random.pick(mutations)(result, random, other);
  }
  return result;
}

/** Replaces numbers in a text: JSON headers stay JSON and get wrong. */
export function mutateNumbers(text: string, random: Random): string {
  return text.replace(/\d+/g, (digits) =>
    random.below(8) === 0
      ? random.pick([String(random.pick(hostileNumbers)), '-1', '1.5', '1e400', '""', 'null', '[]', '{}'])
      : digits,
  );
} // prettier-ignore

function changed(bytes: Uint8Array, change: (copy: Uint8Array) => unknown): Uint8Array {
  const copy = bytes.slice();
  change(copy);
  return copy;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
