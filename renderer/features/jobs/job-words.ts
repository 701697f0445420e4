// Jobs in words and figures: states, shares, times. Pure.
import type { Job, JobState, JobStep } from '#src/contract/jobs.ts';
import { formatDuration } from '#src/text/format-number.ts';

export const stateWords: Readonly<
  Record<JobState, { word: string; tone: 'neutral' | 'accent' | 'ok' | 'warn' | 'bad' }>
> = {
  queued: { word: 'queued', tone: 'neutral' },
  running: { word: 'running', tone: 'accent' },
  done: { word: 'done', tone: 'ok' },
  failed: { word: 'failed', tone: 'bad' },
  cancelled: { word: 'cancelled', tone: 'neutral' },
  interrupted: { word: 'interrupted', tone: 'warn' },
};

export const stepWords: Readonly<
  Record<JobStep['state'], { word: string; tone: 'neutral' | 'accent' | 'ok' | 'bad' }>
> = {
  waiting: { word: 'waiting', tone: 'neutral' },
  running: { word: 'running', tone: 'accent' },
  done: { word: 'done', tone: 'ok' },
  reused: { word: 'reused', tone: 'ok' },
  failed: { word: 'failed', tone: 'bad' },
};

export function hasEnded(job: Pick<Job, 'state'>): boolean {
  return job.state !== 'queued' && job.state !== 'running';
}

/** 0 to 1; undefined while nothing is known. */
export function progressShare(job: Pick<Job, 'state' | 'progress'>): number | undefined {
  if (job.state === 'done') return 1;
  const { progress } = job;
  if (progress === undefined || progress.total <= 0) return undefined;
  return Math.min(1, progress.done / progress.total);
}

/** `42 %`. */
export function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}

/** Seconds that it has run, or ran. */
export function secondsTaken(
  job: Pick<Job, 'startedAt' | 'endedAt'>,
  now: number,
): number | undefined {
  if (job.startedAt === undefined) return undefined;
  return Math.max(0, ((job.endedAt ?? now) - job.startedAt) / 1000);
}

export function takenText(job: Pick<Job, 'startedAt' | 'endedAt'>, now: number): string {
  const seconds = secondsTaken(job, now);
  return seconds === undefined ? '–' : formatDuration(seconds);
}

/** `14:02` today, `22 Nov, 14:02` earlier. */
export function timeText(time: number, now: number): string {
  const then = new Date(time);
  const clock = then.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (then.toDateString() === new Date(now).toDateString()) return clock;
  const day = then.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  return `${day}, ${clock}`;
}

/** They keep what was finished, however they ended: tensors, chunks of texts. */
const keeping: ReadonlySet<Job['kind']> = new Set([
  'build',
  'evaluate',
  'matrix',
  'allocate',
  'imatrix',
  'tasks',
]);

/**
 * Whether it goes on where it stopped when it is run again. Builds and whatever measures always do; a single command that
 * writes a model only when its process ended, not when it was cancelled; the others begin anew.
 */
export function goesOn({ state, kind }: Pick<Job, 'state' | 'kind'>): boolean {
  if (keeping.has(kind)) return state === 'interrupted' || state === 'cancelled';
  return state === 'interrupted' && (kind === 'convert' || kind === 'merge' || kind === 'quantize');
}

/** What starting it again is called. */
export function retryWord(job: Pick<Job, 'state' | 'kind'>): string {
  if (goesOn(job)) return 'Resume';
  return job.state === 'failed' ? 'Retry' : 'Run again';
}

/** How a job goes on whose process ended without a word. */
export function interruptedHint(job: Pick<Job, 'state' | 'kind' | 'canRetry'>): string {
  if (!job.canRetry) return 'What it was asked is not kept; start it anew.';
  if (goesOn(job)) return 'What was finished is kept. Resume goes on from there.';
  return 'Run again starts it from the beginning.';
}

/** `2 outputs` of a job that is done, `run kept`, or `2 files valid`. */
export function resultText({ result }: Pick<Job, 'result'>): string {
  if (result === undefined) return '';
  const { validated, diagnosed, files, run } = result;
  if (diagnosed !== undefined)
    return diagnosed.length === 1 ? 'one file healthy' : `${diagnosed.length} files healthy`;
  if (validated !== undefined)
    return validated.length === 1 ? 'one file valid' : `${validated.length} files valid`;
  // A job that only measures writes a run and no model.
  if (files.length === 0 && run !== undefined) return 'run kept';
  return files.length === 1 ? 'one output' : `${files.length} outputs`;
}

export const jobFilters = ['all', 'running', 'ended', 'failed'] as const;
export type JobFilter = (typeof jobFilters)[number];

export function filterJobs(jobs: readonly Job[], filter: JobFilter): readonly Job[] {
  switch (filter) {
    case 'all':
      return jobs;
    case 'running':
      return jobs.filter((job) => !hasEnded(job));
    case 'ended':
      return jobs.filter(hasEnded);
    case 'failed':
      return jobs.filter(({ state }) => state === 'failed' || state === 'interrupted');
  }
}
