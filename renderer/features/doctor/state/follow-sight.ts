// Takes the events of a long call and hands what they add up to on in steps that can be drawn: thousands of tensors tell of
// themselves, the window redraws a few times a second.
import type { CheckState, DiagnosisEvent } from '#src/contract/doctor/diagnosis.ts';
import type { Finding } from '#src/contract/doctor/finding.ts';
import { createJobProgress, type JobSight } from '#src/jobs/job-progress.ts';
import { withCheck } from '../logic/checklist.ts';

export interface Sight {
  readonly sight: JobSight;
  readonly checks: readonly CheckState[];
  readonly findings: readonly Finding[];
}

export interface SightFollower {
  readonly take: (event: DiagnosisEvent) => void;
  /** No more drawings. */
  stop(): void;
}

/** Milliseconds between drawings. */
const interval = 60;

export function followSight(
  first: readonly CheckState[],
  draw: (sight: Sight) => void,
): SightFollower {
  const progress = createJobProgress();
  let checks = first;
  let findings: readonly Finding[] = [];
  const fresh: Finding[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = () => {
    timer = undefined;
    if (fresh.length > 0) findings = [...findings, ...fresh.splice(0)];
    draw({ sight: progress.sight(), checks, findings });
  };
  return {
    take(event) {
      if (event.event === 'check') checks = withCheck(checks, event.check);
      else if (event.event === 'finding') fresh.push(event.finding);
      else progress.take(event);
      timer ??= setTimeout(show, interval);
    },
    stop: () => clearTimeout(timer),
  };
}
