// The work of writing, counted by kind, and its time by rates.
import { describe, expect, it } from 'vitest';
import type { TensorView } from '#src/model/model-view.ts';
import { plannedWork, secondsOfWork, tensorWork, type Rates } from '#src/stages/quantize/encoding-work.ts'; // prettier-ignore
import { makeOutputPlan, type PlannedTensor } from '#src/stages/quantize/output-plan.ts';

const source: TensorView = {
  name: 'blk.0.ffn_up.weight',
  shape: [256, 4],
  type: 'BF16',
  readRows: () => Promise.resolve(),
};
const plan = (type: PlannedTensor['type'], importance?: Float32Array) =>
  makeOutputPlan({
    label: type,
    metadata: [],
    tensors: [{ source, name: source.name, type, ...(importance ? { importance } : {}) }],
  });
const rates: Rates = new Map([
  ['read', 1e6], ['write', 1e6], ['decode BF16', 1e6], ['encode Q4_K', 1e2], ['encode Q6_K', 1e3],
]); // prettier-ignore

describe('the work of outputs', () => {
  it('counts a source once, and an encoding that two outputs share once', () => {
    const work = plannedWork([plan('Q4_K'), plan('Q4_K'), plan('BF16')]);
    expect([...work]).toEqual([
      ['read', 2048],
      ['decode BF16', 1024],
      ['encode Q4_K', 1024],
      ['write', 2 * 576 + 2048],
    ]);
  });

  it('tells weighted encodings apart, and computes nothing for a copy', () => {
    const weighted = plannedWork([plan('Q4_K', new Float32Array(256)), plan('Q4_K')]);
    expect(weighted.get('encode Q4_K')).toBe(1024);
    expect(weighted.get('encode Q4_K weighted')).toBe(1024);
    expect([...plannedWork([plan('BF16')]).keys()]).toEqual(['read', 'write']);
  });

  it('merges where the tensor has factors to add', () => {
    const merged = { ...source, loadCombination: () => Promise.reject(new Error('not planned')) };
    const copy = { type: 'BF16', importance: undefined, isCopy: false, copies: 1 } as const;
    expect(tensorWork(merged, [copy]).get('merge')).toBe(1024);
    expect(tensorWork(source, [copy]).has('merge')).toBe(false);
  });
});

describe('the seconds of work', () => {
  it('grow with the work and with the slowness of the type', () => {
    const of = (...plans: ReturnType<typeof plan>[]) =>
      secondsOfWork(plannedWork(plans), rates, 1)!;
    expect(of(plan('Q4_K'))).toBeGreaterThan(of(plan('Q6_K')));
    expect(of(plan('Q4_K'), plan('Q6_K'))).toBeGreaterThan(of(plan('Q4_K')));
  });

  it('shrink with threads until moving the bytes takes longer', () => {
    const work = plannedWork([plan('Q4_K')]);
    const [one, two, many] = [1, 2, 1e6].map((threads) => secondsOfWork(work, rates, threads)!);
    expect(two).toBeCloseTo(one! / 2, 9);
    expect(many).toBeCloseTo((2048 + 576) / 1e6, 9);
  });

  it('are not told when a rate is missing', () => {
    expect(secondsOfWork(plannedWork([plan('Q5_K')]), rates, 1)).toBeUndefined();
  });
});
