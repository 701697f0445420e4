// The adapters that a bundle lists, whether or not they are there: what fell off is only known from here.
import { bundleKeys, type PlacedMember } from '#src/formats/bundle/bundle-entries.ts';
import { entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';

/** A universal parent has dozens. */
const mostMembers = 4_096;

/** Empty when there is no list, or one whose columns contradict each other. */
export function listedMembers(metadata: readonly GgufEntry[]): PlacedMember[] {
  const column = (key: string): readonly (string | number)[] => {
    const value = entryValue(metadata, key);
    if (value?.type !== 'array' || value.value.length > mostMembers) return [];
    return Array.from(value.value as ArrayLike<string | number | bigint>, (each) =>
      typeof each === 'bigint' ? Number(each) : each,
    );
  };
  const names = column(bundleKeys.names);
  const domains = column(bundleKeys.domains);
  const offsets = column(bundleKeys.offsets);
  const sizes = column(bundleKeys.sizes);
  const hashes = column(bundleKeys.sha256);
  const scales = column(bundleKeys.scales);
  const members = names.map((name, index) => ({
    name: String(name),
    domain: String(domains[index] ?? ''),
    offset: Number(offsets[index] ?? Number.NaN),
    size: Number(sizes[index] ?? Number.NaN),
    sha256: String(hashes[index] ?? ''),
    scale: Number(scales[index] ?? Number.NaN),
  }));
  const isSound = members.every(
    ({ size, sha256, scale }) =>
      Number.isSafeInteger(size) && size > 0 && /^[0-9a-f]{64}$/.test(sha256) && Number.isFinite(scale), // prettier-ignore
  );
  return isSound ? members : [];
}
