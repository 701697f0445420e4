// The checklist: seven areas that fill in while the check runs, the running one with its progress and the time left.
import { Check, Circle, CircleAlert, Info, LoaderCircle, Minus, TriangleAlert } from 'lucide-react';
import type { JobSight } from '#src/jobs/job-progress.ts';
import type { CheckState } from '#src/contract/doctor/diagnosis.ts';
import type { Finding, Severity } from '#src/contract/doctor/finding.ts';
import { formatDuration } from '#src/text/format-number.ts';
import { ProgressBar } from '#renderer/ui/progress-bar.tsx';
import {
  areaWords,
  countText,
  sortFindings,
  stateWords,
  worstSeverity,
} from '../logic/doctor-words.ts';
import css from '../doctor.module.css';

export interface ChecklistProps {
  readonly checks: readonly CheckState[];
  readonly findings: readonly Finding[];
  readonly sight: JobSight | undefined;
  /** Shows the first finding of an area. */
  readonly onArea?: (area: CheckState['area']) => void;
}

export function Checklist({ checks, findings, sight, onArea }: ChecklistProps) {
  return (
    <ol className={css.checks} aria-label="Checks">
      {checks.map((check) => {
        const own = findings.filter(({ area }) => area === check.area);
        const worst = worstSeverity(own);
        const { name, about } = areaWords[check.area];
        const isRunning = check.state === 'running';
        const found = countText(own);
        // Counts stand beside the name already: here is the worst of what they count.
        const [first] = sortFindings(own);
        const summary = first?.message ?? (check.summary === '' ? about : check.summary);
        return (
          <li key={check.area} data-state={check.state} data-worst={worst}>
            <StateIcon state={check.state} worst={worst} />
            <div className={css.checkWords}>
              <span className={css.checkName}>
                {found !== '' && onArea !== undefined ? (
                  <button type="button" onClick={() => onArea(check.area)}>
                    {name}
                  </button>
                ) : (
                  name
                )}
                <span className="visually-hidden">: {stateWords[check.state]}</span>
                {found !== '' && <span className={css.checkCount}>{found}</span>}
              </span>
              <span className={css.checkSummary} title={summary}>
                {summary}
              </span>
              {isRunning && <Running sight={sight} name={name} />}
            </div>
            <span className={css.checkTime}>
              {check.seconds > 0.05 ? formatDuration(check.seconds) : ''}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function Running({ sight, name }: { sight: JobSight | undefined; name: string }) {
  const progress = sight?.progress;
  return (
    <div className={css.running}>
      <ProgressBar
        done={progress?.done ?? 0}
        total={progress?.total}
        label={`Progress of ${name}`}
      />
      <span>
        {progress?.detail ?? sight?.phase ?? ''}
        {progress?.secondsLeft !== undefined && <b>{formatDuration(progress.secondsLeft)} left</b>}
      </span>
    </div>
  );
}

function StateIcon({ state, worst }: { state: CheckState['state']; worst: Severity | undefined }) {
  if (state === 'running') return <LoaderCircle className={css.spin} aria-hidden="true" />;
  if (state === 'passed' && worst === undefined) return <Check data-tone="ok" aria-hidden="true" />;
  if (state === 'skipped') return <Minus aria-hidden="true" />;
  if (worst !== undefined) return <SeverityIcon severity={worst} />;
  if (state === 'found') return <TriangleAlert data-tone="warn" aria-hidden="true" />;
  return <Circle aria-hidden="true" />;
}

export function SeverityIcon({ severity }: { severity: Severity }) {
  if (severity === 'error') return <CircleAlert data-tone="bad" aria-hidden="true" />;
  if (severity === 'warning') return <TriangleAlert data-tone="warn" aria-hidden="true" />;
  return <Info data-tone="info" aria-hidden="true" />;
}
