import { describe, expect, it } from 'vitest';
import {
  nodeState,
  snapshotOf,
  wasChanged,
  type NodeFacts,
} from '#renderer/features/canvas/node-state.ts';

const quiet: NodeFacts = {
  planned: undefined,
  problems: [],
  run: undefined,
  job: undefined,
  jobError: undefined,
  changed: false,
  planFailed: false,
};
const running = { state: 'running', done: 1, total: 4, secondsLeft: 3, levels: {} } as const;

describe('the state of a node', () => {
  it('is what the plan says', () => {
    expect(nodeState(quiet).word).toBe('checking');
    expect(nodeState({ ...quiet, planFailed: true }).word).toBe('unknown');
    const planned = { node: 'a', state: 'cached' as const, facts: [] };
    expect(nodeState({ ...quiet, planned })).toMatchObject({ word: 'cached', tone: 'ok' });
  });

  it('is invalid, with the reason, when its wiring is wrong', () => {
    const problem = { severity: 'error', path: ['nodes', 0], message: 'no', hint: 'do' } as const;
    const planned = { node: 'a', state: 'ready' as const, facts: [] };
    expect(nodeState({ ...quiet, planned, problems: [problem] })).toMatchObject({
      word: 'invalid',
      problem: { message: 'no', hint: 'do' },
    });
  });

  it('follows the job, and says when the node was changed since', () => {
    expect(nodeState({ ...quiet, run: running, job: 'running' })).toMatchObject({
      word: 'running',
      running: true,
      changedSince: false,
    });
    expect(nodeState({ ...quiet, run: running, job: 'running', changed: true })).toMatchObject({
      word: 'running',
      changedSince: true,
    });
  });

  it('shows a failure until the node is changed', () => {
    const failed = { ...running, state: 'failed' } as const;
    const jobError = { message: 'disk full', hint: 'free some' };
    const facts: NodeFacts = { ...quiet, run: failed, job: 'failed', jobError };
    expect(nodeState(facts)).toMatchObject({ word: 'failed', problem: jobError });
    expect(nodeState({ ...facts, changed: true }).word).toBe('checking');
  });
});

it('a node that was only moved since the run began is not changed', () => {
  const node = { id: 'q', kind: 'quantize', levels: ['Q8_0'], position: { x: 0, y: 0 } } as const;
  const run = { job: 'job', nodes: new Map(), snapshot: snapshotOf([node as never]) };
  expect(wasChanged(run, { ...node, position: { x: 16, y: 0 } } as never)).toBe(false);
  expect(wasChanged(run, { ...node, levels: ['Q4_K_M'] } as never)).toBe(true);
});
