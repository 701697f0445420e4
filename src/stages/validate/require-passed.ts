// What every writer does with a validation report before a file gets its name.
import type { EventSink } from '#src/contract/stage-events.ts';
import type { ValidationReport } from '#src/contract/validation.ts';
import { StudioError } from '#src/errors/studio-error.ts';

/** Throws `validate/failed` for the file `path`, naming the first check that failed; `hint` says what to do then. */
export function requirePassed(report: ValidationReport, path: string, hint: string): void {
  const failed = report.checks.find(({ status }) => status === 'failed');
  if (report.passed && failed === undefined) return;
  throw new StudioError(
    'validate/failed',
    `${path}: ${failed?.check ?? 'check'}: ${failed?.summary ?? 'failed'}`,
    { hint, details: { checks: report.checks } },
  );
}

/** Passes events on without progress: a check's progress is not that of the writing, which must only rise. */
export function withoutProgress(emit: EventSink): EventSink {
  return (event) => {
    if (event.event !== 'progress') emit(event);
  };
}
