// The seven lines of the checklist: waiting until the diagnosis says otherwise, then as it reports them.
import { diagnosisAreas } from '#src/contract/doctor/finding.ts';
import type { CheckState } from '#src/contract/doctor/diagnosis.ts';

export function waitingChecks(): readonly CheckState[] {
  return diagnosisAreas.map((area) => ({ area, state: 'waiting', summary: '', seconds: 0 }));
}

/** One check of a running diagnosis takes its place among the others. */
export function withCheck(checks: readonly CheckState[], next: CheckState): readonly CheckState[] {
  const at = checks.findIndex(({ area }) => area === next.area);
  if (at < 0) return inOrder([...checks, next]);
  return checks.map((check, index) => (index === at ? next : check));
}

/** In the order in which they run, every area once; what a diagnosis left out is skipped. */
export function inOrder(checks: readonly CheckState[]): readonly CheckState[] {
  return diagnosisAreas.map(
    (area) =>
      checks.find((check) => check.area === area) ?? {
        area,
        state: 'skipped',
        summary: 'Was not asked for.',
        seconds: 0,
      },
  );
}

/** What ended without reporting them: lines that were still running or waiting did not run. */
export function stoppedChecks(
  checks: readonly CheckState[],
  summary: string,
): readonly CheckState[] {
  return checks.map((check) =>
    check.state === 'waiting' || check.state === 'running'
      ? { ...check, state: 'skipped', summary }
      : check,
  );
}

/** How many are over, of how many. */
export function doneChecks(checks: readonly CheckState[]): number {
  return checks.filter(({ state }) => state !== 'waiting' && state !== 'running').length;
}
