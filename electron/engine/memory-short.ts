// The refusal of a model that memory has no room for: the same sentence for columns and for served parents, which differ in
// what can be done about it.
import { StudioError } from '#src/errors/studio-error.ts';
import { formatBytes } from '#src/text/format-number.ts';

/** `needs 16.0 MB, 2.00 MB are free`; also told while a model waits. */
export function memoryAmounts(neededBytes: number, freeBytes: number): string {
  return `needs ${formatBytes(neededBytes)}, ${formatBytes(Math.max(0, freeBytes))} are free`;
}

/** `amounts`: of memoryAmounts, with where it is meant when that is not the machine. */
export function memoryShort(path: string, amounts: string, hint: string): StudioError {
  return new StudioError('memory/short', `${path} does not fit into memory: it ${amounts}.`, {
    hint,
  });
}
