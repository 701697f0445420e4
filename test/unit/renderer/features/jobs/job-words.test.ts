import { expect, it } from 'vitest';
import type { Job } from '#src/contract/jobs.ts';
import {
  filterJobs,
  interruptedHint,
  progressShare,
  resultText,
  retryWord,
  takenText,
  timeText,
} from '#renderer/features/jobs/job-words.ts';
import { jobsText } from '#renderer/shell/status-text.ts';

const job = (part: Partial<Job>): Job => ({
  id: '20260101-000000-abcd',
  kind: 'build',
  title: 'healthcare',
  origin: 'window',
  state: 'running',
  folder: '/w',
  createdAt: 0,
  steps: [],
  notices: [],
  canCancel: true,
  canRetry: false,
  ...part,
});

it('a share is known once there is a total, and whole when the job is done', () => {
  expect(progressShare(job({}))).toBeUndefined();
  expect(progressShare(job({ progress: { done: 1, total: 4, unit: 'bytes' } }))).toBe(0.25);
  expect(progressShare(job({ progress: { done: 5, total: 4, unit: 'bytes' } }))).toBe(1);
  expect(progressShare(job({ state: 'done' }))).toBe(1);
});

it('time taken runs on until the job has ended', () => {
  expect(takenText(job({}), 5000)).toBe('–');
  expect(takenText(job({ startedAt: 1000 }), 66_000)).toBe('1 min 05 s');
  expect(takenText(job({ startedAt: 1000, endedAt: 3000 }), 66_000)).toBe('2.0 s');
});

it('a job of another day is told with its date', () => {
  const now = new Date(2026, 10, 23, 15, 0).getTime();
  expect(timeText(new Date(2026, 10, 23, 9, 5).getTime(), now)).toBe('09:05');
  expect(timeText(new Date(2026, 10, 22, 9, 5).getTime(), now)).toBe('22 Nov, 09:05');
});

it('what was stopped is resumed, what failed is tried again', () => {
  expect(retryWord(job({ state: 'interrupted' }))).toBe('Resume');
  expect(retryWord(job({ state: 'cancelled' }))).toBe('Resume');
  expect(retryWord(job({ state: 'failed' }))).toBe('Retry');
});

it('a single command is resumed only where its finished tensors are kept', () => {
  expect(retryWord(job({ kind: 'quantize', state: 'interrupted' }))).toBe('Resume');
  expect(retryWord(job({ kind: 'quantize', state: 'cancelled' }))).toBe('Run again');
  expect(retryWord(job({ kind: 'validate', state: 'interrupted' }))).toBe('Run again');
  expect(retryWord(job({ kind: 'allocate', state: 'cancelled' }))).toBe('Resume');
  expect(retryWord(job({ kind: 'allocate', state: 'failed' }))).toBe('Retry');
  expect(retryWord(job({ kind: 'validate', state: 'failed' }))).toBe('Retry');
  const hint = (part: Partial<Job>) => interruptedHint(job({ state: 'interrupted', ...part }));
  expect(hint({ canRetry: true })).toMatch(/Resume/);
  expect(hint({ canRetry: true, kind: 'validate' })).toMatch(/from the beginning/);
  expect(hint({ canRetry: false })).toMatch(/anew/);
});

it('a result is told in outputs, or in files that are valid', () => {
  const result = { files: [], manifests: [], seconds: 1 };
  expect(resultText(job({ result: { ...result, validated: ['/a.gguf'] } }))).toBe('one file valid');
  expect(resultText(job({ result }))).toBe('0 outputs');
  expect(resultText(job({ result: { ...result, run: 'run-1' } }))).toBe('run kept');
  expect(resultText(job({}))).toBe('');
});

it('filters part queued and running jobs from ended and failed ones', () => {
  const jobs = (['queued', 'running', 'done', 'failed', 'interrupted'] as const).map((state) =>
    job({ state }),
  );
  expect(filterJobs(jobs, 'running').map(({ state }) => state)).toEqual(['queued', 'running']);
  expect(filterJobs(jobs, 'ended')).toHaveLength(3);
  expect(filterJobs(jobs, 'failed').map(({ state }) => state)).toEqual(['failed', 'interrupted']);
});

it('the status bar tells how many run and the longest time left', () => {
  expect(jobsText([])).toEqual({ text: 'No jobs running', left: undefined });
  const progress = { done: 1, total: 2, unit: 'bytes' as const };
  expect(
    jobsText([
      job({ progress: { ...progress, secondsLeft: 12 } }),
      job({ progress: { ...progress, secondsLeft: 41 } }),
      job({ state: 'queued' }),
      job({ state: 'done' }),
    ]),
  ).toEqual({ text: '2 jobs running, 1 queued', left: '41 s' });
});
