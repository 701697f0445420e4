// A number from a text that is the same everywhere and for ever: what folds and splits are made by, so that a prompt stays on
// its side however the set around it changes.

/** FNV-1a with 32 bits over the UTF-16 code units of the normalized text, mixed (MurmurHash3's finalizer). */
export function stableHash(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of normalizeText(text)) {
    const code = character.codePointAt(0) ?? 0;
    hash = Math.imul(hash ^ (code & 0xffff), 0x01000193);
    hash = Math.imul(hash ^ (code >>> 16), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** What two texts are compared by: case, blanks and punctuation do not count. */
export function normalizeText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/**
 * A fold from 0 to `folds` - 1 for every text, balanced within each label: the texts of a label are dealt out in the order of
 * their hashes. The same text under one label always gets the same fold as its copies, so nothing leaks.
 */
export function assignFolds(
  texts: readonly { readonly text: string; readonly label: number }[],
  folds: number,
): Int32Array {
  const assigned = new Int32Array(texts.length);
  const byLabel = new Map<number, Map<string, number[]>>();
  for (const [index, { text, label }] of texts.entries()) {
    const groups = byLabel.get(label) ?? new Map<string, number[]>();
    byLabel.set(label, groups);
    const key = normalizeText(text);
    groups.set(key, [...(groups.get(key) ?? []), index]);
  }
  for (const groups of byLabel.values()) {
    const ordered = [...groups].toSorted(
      ([left], [right]) => stableHash(left) - stableHash(right) || (left < right ? -1 : 1),
    );
    for (const [place, [, indices]] of ordered.entries()) {
      for (const index of indices) assigned[index] = place % folds;
    }
  }
  return assigned;
}
