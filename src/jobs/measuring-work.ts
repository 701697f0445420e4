// How much work measuring and collecting are, so that earlier times on this machine tell what a plan will take.

/** Work of its own kind in the throughput file: writing files tells nothing about it. */
export const measuringWork = 'measure';
export const matrixWork = 'collect';

/** About what tokenizers make of English prose; only estimates rest on it. */
export const bytesPerToken = 4;

/** Grows as the time does: tokens times the model's size. */
export function unitsOf(files: readonly { readonly size: number }[], tokens: number): number {
  return (files.reduce((sum, { size }) => sum + size, 0) * tokens) / 1024;
}
