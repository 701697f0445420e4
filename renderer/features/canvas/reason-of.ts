// Why a recipe refuses what was typed, for the place where it was typed.
import { StudioError } from '#src/errors/studio-error.ts';

/** The first problem in its own words; the place is known here. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof StudioError))
    return error instanceof Error ? error.message : String(error);
  const problems = error.details.problems;
  const first: unknown = Array.isArray(problems) ? problems[0] : undefined;
  const message =
    typeof first === 'object' && first !== null && 'message' in first ? first.message : undefined;
  return typeof message === 'string'
    ? message.charAt(0).toUpperCase() + message.slice(1)
    : error.message;
}
