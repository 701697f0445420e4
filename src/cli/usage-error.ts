// Mistakes on the command line: always the same class (exit code 64), always with a next step.
import { StudioError } from '#src/errors/studio-error.ts';

export function usageError(message: string, hint: string): StudioError {
  return new StudioError('usage/invalid', message, { hint });
}
