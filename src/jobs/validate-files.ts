// Several files validated one after the other: one that is missing, or that brings llama.cpp down, is a failed file and keeps
// none of the others from being checked. The command line and a job that is run again do this alike.
import { statSync } from 'node:fs';
import type { ValidationReport } from '#src/contract/validation.ts';
import { StudioError } from '#src/errors/studio-error.ts';

export interface ValidatedFiles {
  /** One per file, in their order. */
  readonly reports: readonly ValidationReport[];
  /** The error of them all; undefined when every file is valid. */
  readonly failure: StudioError | undefined;
}

/** Validates files (absolute paths). Throws what is no file's fault: `cancelled`, an internal error. */
export async function validateFiles(
  paths: readonly string[],
  validate: (path: string) => Promise<ValidationReport>,
  onReport: (report: ValidationReport) => void,
): Promise<ValidatedFiles> {
  const reports: ValidationReport[] = [];
  const unreadable: StudioError[] = [];
  for (const path of paths) {
    const report = await validate(path).catch((error: unknown) => {
      if (!isUnreadable(error)) return crashReport(path, error);
      unreadable.push(error);
      return unreadableReport(path, error);
    });
    reports.push(report);
    onReport(report);
  }
  return { reports, failure: validationFailure(reports, unreadable) };
}

/** True for a file that is missing or cannot be read: that file's error, while the others are still checked. */
function isUnreadable(error: unknown): error is StudioError {
  return error instanceof StudioError && ['io/not-found', 'io/failed'].includes(error.code);
}

function unreadableReport(path: string, error: StudioError): ValidationReport {
  const { code, hint, message: summary } = error;
  const evidence = { code, ...(hint === undefined ? {} : { hint }) };
  return {
    path,
    bytes: 0,
    passed: false,
    checks: [{ check: 'structure', status: 'failed', summary, evidence, seconds: 0 }],
  };
}

/** llama.cpp trusts some values and ends its process over them: that is the file's fault, and the others are still checked. */
function crashReport(path: string, error: unknown): ValidationReport {
  if (!(error instanceof StudioError) || error.code !== 'native/crashed') throw error;
  const { reason, lastLines } = error.details;
  if (!/SIG(ABRT|SEGV|BUS|FPE|ILL|TRAP)/.test(String(reason))) throw error;
  const lines = Array.isArray(lastLines) ? lastLines.map(String) : [];
  const summary = `llama.cpp ended its process over this file (${String(reason)}): ${lines.at(-1)?.trim() ?? 'it gave no reason'}`;
  return {
    path,
    bytes: statSync(path).size,
    passed: false,
    checks: [
      {
        check: 'load',
        status: 'failed',
        summary,
        evidence: { code: error.code, lines },
        seconds: 0,
      },
    ],
  };
}

/**
 * The error of reports that did not pass, undefined when all did. A file that could not be read weighs more than one
 * that failed a check, as its exit code does.
 */
function validationFailure(
  reports: readonly ValidationReport[],
  unreadable: readonly StudioError[],
): StudioError | undefined {
  const bad = reports.filter((report) => !report.passed);
  const [first] = bad;
  if (first === undefined) return undefined;
  const [worst] = [...unreadable].sort((left, right) => right.exitCode - left.exitCode);
  if (worst !== undefined && bad.length === 1) return worst;
  if (worst !== undefined) {
    return new StudioError(
      worst.code,
      `${worst.message} In all, ${bad.length} of ${reports.length} files are not valid.`,
      {
        ...(worst.hint === undefined ? {} : { hint: worst.hint }),
        details: { ...worst.details, files: bad.map(({ path }) => path) },
        cause: worst,
      },
    );
  }
  const check = first.checks.find(({ status }) => status === 'failed');
  const hint = check?.evidence['hint'];
  return new StudioError(
    'validate/failed',
    bad.length === 1
      ? withPath(first.path, check?.summary ?? 'a check failed')
      : `${bad.length} of ${reports.length} files are not valid, ${first.path} first.`,
    {
      hint: typeof hint === 'string' ? hint : 'Build or fetch the file again.',
      details: { files: bad.map(({ path }) => path) },
    },
  );
}

/** Readers name the file in their messages, checks do not. */
function withPath(path: string, summary: string): string {
  return summary.startsWith(path) ? summary : `${path}: ${summary}`;
}
