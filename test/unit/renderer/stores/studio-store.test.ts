import { expect, it } from 'vitest';
import type { Job } from '#src/contract/jobs.ts';
import { mergeEntries } from '#renderer/stores/library-store.ts';
import { applyWatchEvent, useStudio } from '#renderer/stores/studio-store.ts';
import { sampleEntry } from '../features/library/sample-entries.ts';

const job = (id: string, state: Job['state'] = 'running'): Job => ({
  id,
  kind: 'build',
  title: id,
  origin: 'window',
  state,
  folder: '/w',
  createdAt: 0,
  steps: [],
  notices: [],
  canCancel: true,
  canRetry: false,
});

it('a new job comes first, a known one keeps its place, a removed one is gone', () => {
  const start = useStudio.getInitialState();
  const one = { ...start, ...applyWatchEvent(start, { event: 'job', job: job('job-00001') }) };
  const two = { ...one, ...applyWatchEvent(one, { event: 'job', job: job('job-00002') }) };
  expect(two.jobs.map(({ id }) => id)).toEqual(['job-00002', 'job-00001']);
  const done = {
    ...two,
    ...applyWatchEvent(two, { event: 'job', job: job('job-00001', 'done') }),
  };
  expect(done.jobs.map(({ state }) => state)).toEqual(['running', 'done']);
  expect(applyWatchEvent(done, { event: 'job-removed', job: 'job-00002' }).jobs).toHaveLength(1);
});

it('one host does not touch the other', () => {
  const start = useStudio.getInitialState();
  const { hosts } = applyWatchEvent(start, {
    event: 'host',
    host: { name: 'engine', state: 'crashed', reason: 'killed' },
  });
  expect(hosts?.engine.state).toBe('crashed');
  expect(hosts?.factory.state).toBe('idle');
});

it('an entry that is listed again replaces the one that was known, at its place', () => {
  const first = sampleEntry({ name: 'first' });
  const second = sampleEntry({ name: 'second' });
  const again = { ...first, bytes: 2000 };
  expect(mergeEntries([first, second], [again])).toEqual([again, second]);
  expect(mergeEntries([first], [])).toEqual([first]);
});
