// Builds the errors of the importance matrix reader.
import { StudioError } from '#src/errors/studio-error.ts';

export function invalidImatrix(
  label: string,
  problem: string,
  details: Record<string, unknown> = {},
): StudioError {
  return new StudioError('imatrix/invalid', `${label}: ${problem}.`, {
    hint: 'Compute the importance matrix again with llama-imatrix, or fetch the file again.',
    details,
  });
}
