import { describe, expect, it } from 'vitest';
import type { Job } from '#src/contract/jobs.ts';
import { nodeRuns, shareOf } from '#renderer/features/canvas/run-view.ts';

function job(steps: Job['steps']): Job {
  return {
    id: 'job-00001',
    kind: 'build',
    title: 'healthcare',
    origin: 'window',
    state: 'running',
    folder: '/models',
    createdAt: 0,
    steps,
    notices: [],
    canCancel: true,
    canRetry: false,
  };
}

describe('a job on the nodes of its recipe', () => {
  it('gives every level its own progress', () => {
    const runs = nodeRuns(
      job([
        { node: 'quantize', state: 'running', done: 3, total: 8, secondsLeft: 5 },
        { node: 'quantize', level: 'Q8_0', state: 'done' },
        { node: 'quantize', level: 'Q2_K', state: 'running', done: 1, total: 4 },
        { node: 'base', state: 'reused' },
      ]),
    );
    const quantize = runs.get('quantize');
    expect(quantize?.secondsLeft).toBe(5);
    expect(Object.values(quantize?.levels ?? {}).map(shareOf)).toEqual([1, 0.25]);
    expect(runs.get('base')?.state).toBe('reused');
  });

  it('adds levels up where the step itself is not told', () => {
    const runs = nodeRuns(
      job([
        { node: 'q', level: 'Q8_0', state: 'done', done: 4, total: 4 },
        { node: 'q', level: 'Q2_K', state: 'waiting', done: 0, total: 4 },
      ]),
    );
    expect(runs.get('q')).toMatchObject({ state: 'running', done: 4, total: 8 });
  });

  it('keeps the identity of what did not change', () => {
    const steps: Job['steps'] = [
      { node: 'a', state: 'done' },
      { node: 'b', state: 'running', done: 1, total: 2 },
    ];
    const before = nodeRuns(job(steps));
    expect(nodeRuns(job(steps), before)).toBe(before);
    const [first] = steps;
    if (first === undefined) throw new Error('There is no step.');
    const after = nodeRuns(job([first, { node: 'b', state: 'done' }]), before);
    expect(after.get('a')).toBe(before.get('a'));
    expect(after.get('b')?.state).toBe('done');
  });

  it('knows no share without a total', () => {
    expect(
      shareOf({ state: 'running', done: 3, total: 0, secondsLeft: undefined }),
    ).toBeUndefined();
  });
});
