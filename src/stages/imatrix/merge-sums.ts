// Adds stored importance matrices together as llama-imatrix's `--in-file` does (load_imatrix of tools/imatrix/imatrix.cpp).
import { StudioError } from '#src/errors/studio-error.ts';
import type { ImatrixEntry } from '#src/formats/imatrix/imatrix-sums.ts';
import type { StoredImatrix } from '#src/formats/imatrix/read-imatrix-sums.ts';

/**
 * Adds `stored` to `entries`. The older form keeps calls instead of tokens: its values and counts are taken `chunkSize`
 * times. Throws `imatrix/invalid`, naming `label`, when a tensor has another size than before.
 */
export function addStored(
  entries: Map<string, ImatrixEntry>,
  stored: StoredImatrix,
  chunkSize: number,
  label: string,
): void {
  const scale = stored.format === 'legacy' ? chunkSize : 1;
  for (const [name, { sums, counts }] of stored.entries) {
    const known = entries.get(name);
    if (known === undefined) {
      entries.set(name, {
        // Products of two F32 values, rounded to F32, as there.
        sums: sums.map((value) => value * scale),
        counts: counts.map((count) => count * scale),
      });
      continue;
    }
    if (known.sums.length !== sums.length) {
      throw mismatch(label, name, 'values', sums.length, known.sums.length);
    }
    // The product is rounded before it is added.
    known.sums.forEach((sum, index) => {
      known.sums[index] = sum + Math.fround(sums[index]! * scale);
    });
    const total = withRows(known.counts, counts.length);
    const added = withRows(counts, total.length);
    if (total.length !== added.length) {
      throw mismatch(label, name, 'counts', counts.length, known.counts.length);
    }
    entries.set(name, {
      sums: known.sums,
      counts: total.map((count, row) => count + added[row]! * scale),
    });
  }
}

/** One count for all experts is the count of each. */
export function withRows(counts: Float64Array, rows: number): Float64Array {
  return counts.length === 1 && rows > 1 ? new Float64Array(rows).fill(counts[0]!) : counts;
}

function mismatch(label: string, name: string, what: string, has: number, before: number) {
  return new StudioError(
    'imatrix/invalid',
    `${label}: "${name}" has ${has} ${what}, but ${before} before it.`,
    { hint: 'Only importance matrices of one model can be added together.', details: { name } },
  );
}
