// What an evaluate step shows of its figures, and where it takes them from.
import { describe, expect, it } from 'vitest';
import type { Job } from '#src/contract/jobs.ts';
import type { MeasuredNode } from '#src/contract/measured-node.ts';
import { nodeOptions } from '#src/recipe/node-options.ts';
import { figureText, verdictOf } from '#renderer/features/canvas/measured-text.ts';
import { nodeRuns } from '#renderer/features/canvas/run-view.ts';

const measured: MeasuredNode = {
  node: 'evaluate',
  run: '20261123-160000-abcdef01',
  path: '/w/measurements/20261123-160000-abcdef01/run.json',
  reused: false,
  gate: 0.02,
  passed: false,
  figures: [
    {
      subject: 'Q2_K',
      level: 'Q2_K',
      text: 'General',
      kld: { value: 0.0312345, error: 0.0011 },
      sameTop: { value: 0.93, error: 0.01 },
      passed: false,
    },
  ],
};

describe('a figure', () => {
  it('is told with its error, tiny ones by their power of ten', () => {
    expect(figureText({ value: 0.0312345, error: 0.0011 })).toBe('0.03123 ± 0.00110');
    expect(figureText({ value: 0.0000021, error: 0 })).toBe('2.10e-6 ± 0.00000');
  });

  it('has a verdict only where there is a gate', () => {
    expect(verdictOf(measured)).toBe('failed');
    expect(verdictOf({ passed: true })).toBe('passed');
    expect(verdictOf({})).toBeUndefined();
  });
});

describe('a job', () => {
  it('hands the figures of a step to its node, also when the gate made it fail', () => {
    const job = {
      steps: [
        { node: 'quantize', level: 'Q2_K', state: 'failed' },
        { node: 'evaluate', state: 'failed', measured },
      ],
    } as unknown as Job;
    const runs = nodeRuns(job);
    expect(runs.get('evaluate')).toMatchObject({ state: 'failed', measured });
    expect(runs.get('quantize')?.measured).toBeUndefined();
    expect(nodeRuns(job, runs)).toBe(runs);
  });
});

describe('options of measuring and collecting', () => {
  it('are those of the command line, with what only a recipe has', () => {
    const evaluate = nodeOptions('evaluate');
    expect(evaluate.map(({ field }) => field)).toEqual(['suites', 'contextSize', 'chunks', 'gate', 'gateSameTop', 'fullComparison', 'label']); // prettier-ignore
    expect(evaluate.find(({ field }) => field === 'contextSize')).toMatchObject({
      kind: 'integer',
      minimum: 16,
      default: 512,
    });
    expect(nodeOptions('imatrix').map(({ field, kind }) => [field, kind])).toEqual([
      ['texts', 'paths'],
      ['contextSize', 'integer'],
      ['chunks', 'integer'],
      ['processOutput', 'flag'],
      ['parseSpecial', 'flag'],
      ['label', 'text'],
    ]);
  });
});
