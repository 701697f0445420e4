// Both forms of importance matrices are read whole; this bounds how much that can be.
import { limits } from '#src/formats/bytes/limits.ts';
import { StudioError } from '#src/errors/studio-error.ts';

/** Throws `format/limit` when `total` values are too many. */
export function checkValueCount(label: string, total: number): void {
  if (total <= limits.imatrixValues) return;
  throw new StudioError(
    'format/limit',
    `${label}: the importance matrix has more than ${limits.imatrixValues} values.`,
    { hint: 'The file is damaged: fetch it again.' },
  );
}
