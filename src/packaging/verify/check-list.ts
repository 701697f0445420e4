// The growing list of what was looked at. A check that throws what a file can be wrong with has failed with those words;
// anything else is not the file's fault and ends the work.
import type { PackageCheck } from '#src/contract/packaging.ts';
import { isAbort, StudioError } from '#src/errors/studio-error.ts';

type Check = PackageCheck['check'];

export interface CheckList {
  readonly checks: readonly PackageCheck[];
  passed(subject: string, check: Check, message: string): void;
  failed(subject: string, check: Check, message: string, hint?: string): void;
  warning(subject: string, check: Check, message: string, hint?: string): void;
  /** Undefined when the work failed; what it throws about the file is listed. */
  attempt<Result>(subject: string, check: Check, work: () => Promise<Result>): Promise<Result | undefined>; // prettier-ignore
}

export function createCheckList(): CheckList {
  const checks: PackageCheck[] = [];
  const add =
    (status: PackageCheck['status']) =>
    (subject: string, check: Check, message: string, hint?: string) => {
      checks.push({ subject, check, status, message, ...(hint === undefined ? {} : { hint }) });
    };
  const failed = add('failed');
  return {
    checks,
    passed: add('passed'),
    failed,
    warning: add('warning'),
    async attempt(subject, check, work) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof StudioError) || isAbort(error) || error.kind === 'bug') throw error;
        failed(subject, check, error.message, error.hint);
        return undefined;
      }
    },
  };
}
