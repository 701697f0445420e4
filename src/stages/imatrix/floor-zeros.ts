// Channels that calibration never used have weight 0: quantizers then round them without any care, and blocks of nothing but
// zeros have broken K-quants (llama.cpp issue 8661). On request they get a share of their row's mean instead.
import type { ImatrixEntry } from '#src/formats/imatrix/imatrix-sums.ts';

export interface Floored {
  readonly entries: ReadonlyMap<string, ImatrixEntry>;
  /** Channels that were changed. */
  readonly channels: number;
  readonly tensors: number;
}

/**
 * Copies of the entries in which every zero of a row that saw tokens is `share` of the row's mean, and every row of nothing
 * but zeros is even: mean 1, as quantizers take an expert that saw no token. Those experts stay as they are.
 */
export function floorZeros(entries: ReadonlyMap<string, ImatrixEntry>, share: number): Floored {
  let channels = 0;
  let tensors = 0;
  const floored = new Map<string, ImatrixEntry>();
  for (const [name, { sums, counts }] of entries) {
    const columns = sums.length / counts.length;
    const values = sums.slice();
    let changed = 0;
    counts.forEach((count, row) => {
      if (count <= 0) return;
      const channelsOfRow = values.subarray(row * columns, (row + 1) * columns);
      const mean = channelsOfRow.reduce((sum, value) => sum + value, 0) / columns;
      const least = mean > 0 ? mean * share : count;
      channelsOfRow.forEach((value, channel) => {
        if (value !== 0) return;
        channelsOfRow[channel] = least;
        changed++;
      });
    });
    channels += changed;
    if (changed > 0) tensors++;
    floored.set(name, { sums: values, counts });
  }
  return { entries: floored, channels, tensors };
}
