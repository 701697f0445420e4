// What can be done with the last job of a recipe: cancel it, see its log, start it again where it stopped.
import type { Job } from '#src/contract/jobs.ts';
import { formatClock } from '#src/text/format-clock.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { ProgressBar } from '#renderer/ui/progress-bar.tsx';
import { useStudio } from '#renderer/stores/studio-store.ts';
import type { CanvasDocument } from './canvas-document.ts';
import { useCanvas } from './canvas-store.ts';
import css from './inspector.module.css';
import { cancel, retry, showLog } from './run-build.ts';
import { isActive } from './run-view.ts';

/** The last job of a recipe; undefined when it was never run. */
export function useJobOf(document: CanvasDocument): Job | undefined {
  const id = useCanvas((store) => store.runs[document.key]?.job);
  return useStudio((store) => store.jobs.find((job) => job.id === id));
}

export function RunActions({ document }: { document: CanvasDocument }) {
  const job = useJobOf(document);
  if (job === undefined) return null;
  return (
    <div className={css.row}>
      {isActive(job) && job.canCancel && (
        <Button onClick={() => void cancel(job.id)}>Cancel</Button>
      )}
      {!isActive(job) && job.state !== 'done' && job.canRetry && (
        <Button variant="primary" onClick={() => void retry(document.key, job.id)}>
          {job.state === 'failed' ? 'Retry' : 'Resume'}
        </Button>
      )}
      <Button onClick={() => showLog(job.id)}>Show the log</Button>
    </div>
  );
}

const stateWords: Readonly<Record<Job['state'], string>> = {
  queued: 'queued',
  running: 'running',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
};

/** The job in the recipe's summary: state, progress, time left, and the way on. */
export function RunSummary({ document }: { document: CanvasDocument }) {
  const job = useJobOf(document);
  if (job === undefined) return null;
  const { progress } = job;
  return (
    <section className={css.group} aria-label="Last run">
      <div className={css.headRow}>
        <span className="label">Run</span>
        <Chip tone={toneOf(job)}>{stateWords[job.state]}</Chip>
      </div>
      {isActive(job) && (
        <>
          <ProgressBar done={progress?.done ?? 0} total={progress?.total} label={job.title} />
          <div className={css.headRow}>
            <span className={css.text}>{job.phase ?? 'waiting'}</span>
            {progress?.secondsLeft !== undefined && (
              <span className="num">{formatClock(progress.secondsLeft)} left</span>
            )}
          </div>
        </>
      )}
      {job.error !== undefined && !isActive(job) && <ErrorNotice error={job.error} />}
      <RunActions document={document} />
    </section>
  );
}

function toneOf(job: Job): 'neutral' | 'accent' | 'ok' | 'warn' | 'bad' {
  switch (job.state) {
    case 'running':
      return 'accent';
    case 'done':
      return 'ok';
    case 'failed':
      return 'bad';
    case 'interrupted':
      return 'warn';
    case 'queued':
    case 'cancelled':
      return 'neutral';
  }
}
