// Makes the entries of a report.
import type { CheckName, CheckResult } from '#src/contract/validation.ts';
import { StudioError } from '#src/errors/studio-error.ts';

/** What a check says of itself; its name and duration are added by who ran it. */
export type Finding = Pick<CheckResult, 'status' | 'summary' | 'evidence'>;

export function passed(summary: string, evidence: Record<string, unknown> = {}): Finding {
  return { status: 'passed', summary, evidence };
}

export function failed(summary: string, evidence: Record<string, unknown> = {}): Finding {
  return { status: 'failed', summary, evidence };
}

export function skipped(check: CheckName, summary: string): CheckResult {
  return { check, status: 'skipped', summary, evidence: {}, seconds: 0 };
}

/**
 * Runs a check. What is wrong with the file becomes a failed check; a full disk, a cancel or a bug of ours is thrown on,
 * because it says nothing about the file.
 */
export async function runCheck(
  check: CheckName,
  now: () => number,
  work: () => Promise<Finding>,
): Promise<CheckResult> {
  const start = now();
  let finding: Finding;
  try {
    finding = await work();
  } catch (error) {
    if (
      !(error instanceof StudioError) ||
      error.kind !== 'input' ||
      error.code === 'io/not-found'
    ) {
      throw error;
    }
    const { code, message, hint, details } = error;
    finding = failed(message, { code, ...(hint === undefined ? {} : { hint }), ...details });
  }
  return { check, ...finding, seconds: now() - start };
}
