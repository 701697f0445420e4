// Applies fixes to the list of metadata entries. The others keep their encoded bytes and their order; a changed entry
// stays in its place, and an added one goes where a file of the same making has it, so that undoing a damage gives the
// bytes that were there before.
import type { Fix } from '#src/contract/doctor/finding.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { entryOfFix, withElements } from './metadata-value.ts';

export type MetadataFix = Extract<
  Fix,
  { kind: 'set-metadata' | 'remove-metadata' | 'set-elements' }
>;

/** Keys that the writer of a quantized or built file puts behind all others, in their order. */
const lastKeys = [
  'general.quantization_version',
  'general.file_type',
  'quantize.imatrix.file',
  'quantize.imatrix.dataset',
  'quantize.imatrix.entries_count',
  'quantize.imatrix.chunks_count',
];

/**
 * The entries with all fixes. `order` are the keys as a file of the same making has them (the source's conversion, a
 * sibling). Throws `repair/impossible` for a fix that does not fit.
 */
export function editMetadata(
  entries: readonly GgufEntry[],
  fixes: readonly MetadataFix[],
  order: readonly string[] = [],
): GgufEntry[] {
  let result = [...entries];
  for (const fix of fixes) result = applyFix(result, fix, order);
  return result;
}

function applyFix(entries: GgufEntry[], fix: MetadataFix, order: readonly string[]): GgufEntry[] {
  const { key } = fix;
  if (fix.kind === 'remove-metadata') return entries.filter((entry) => entry.key !== key);
  const index = entries.findIndex((entry) => entry.key === key);
  if (fix.kind === 'set-metadata') {
    const entry = entryOfFix(key, fix.value);
    return index === -1 ? insertEntry(entries, entry, order) : replaceAt(entries, index, entry);
  }
  const old = entries[index];
  if (old === undefined) {
    throw new StudioError('repair/impossible', `There is no "${key}" to change elements of.`);
  }
  return replaceAt(entries, index, withElements(old, fix.elements));
}

/** Puts an entry where `order` has it; without that behind the entries of its own group. */
export function insertEntry(
  entries: readonly GgufEntry[],
  entry: GgufEntry,
  order: readonly string[] = [],
): GgufEntry[] {
  const at = placeOf(entries.map(({ key }) => key), entry.key, order); // prettier-ignore
  return [...entries.slice(0, at), entry, ...entries.slice(at)];
}

function placeOf(keys: readonly string[], key: string, order: readonly string[]): number {
  const wanted = order.indexOf(key);
  if (wanted !== -1) {
    // Behind the nearest key that comes before it there, or before the nearest that comes after it.
    for (let index = wanted - 1; index >= 0; index--) {
      const at = keys.indexOf(order[index] ?? '');
      if (at !== -1) return at + 1;
    }
    for (const other of order.slice(wanted + 1)) {
      const at = keys.indexOf(other);
      if (at !== -1) return at;
    }
  }
  const firstLast = keys.findIndex((each) => lastKeys.includes(each) || each.startsWith('studio.'));
  const end = firstLast === -1 ? keys.length : firstLast;
  if (lastKeys.includes(key)) return placeAmongLast(keys, key);
  if (key.startsWith('studio.')) return keys.length;
  const group = key.slice(0, key.lastIndexOf('.') + 1);
  const twin = keys.slice(0, end).findLastIndex((each) => each.startsWith(group));
  return twin === -1 ? end : twin + 1;
}

function placeAmongLast(keys: readonly string[], key: string): number {
  const rank = lastKeys.indexOf(key);
  const next = keys.findIndex(
    (each) => each.startsWith('studio.') || lastKeys.indexOf(each) > rank,
  );
  return next === -1 ? keys.length : next;
}

function replaceAt(entries: readonly GgufEntry[], index: number, entry: GgufEntry): GgufEntry[] {
  return entries.map((old, at) => (at === index ? entry : old));
}
