import { describe, expect, it } from 'vitest';
import { bitClassOf, candidateTypes, probeType } from '#src/allocation/candidate-types.ts';
import { usableErrors } from '#src/allocation/local-error.ts';
import { planAllocation, type AllocationProblem } from '#src/allocation/plan-allocation.ts';
import { groupSensitivities } from '#src/allocation/sensitivity.ts';
import { groupTensors, roleOfTensor } from '#src/allocation/tensor-groups.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';

const kinds = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'];
const typicalError: Partial<Record<GgmlType, number>> = {
  Q2_K: 0.08, Q3_K: 0.022, IQ4_XS: 0.0068, Q4_K: 0.0056, Q5_K: 0.0014, Q6_K: 0.0004, Q8_0: 0.00003,
}; // prettier-ignore

function problemOf(profile: AllocationProblem['profile'], blocks = 6): AllocationProblem {
  const names = [
    'token_embd.weight',
    ...Array.from({ length: blocks }, (_, layer) => kinds.map((k) => `blk.${layer}.${k}.weight`)),
  ].flat();
  const groups = groupTensors(names);
  const shapeOf = (name: string) => (name.includes('token') ? [256, 4096] : [256, 256]);
  const tensors = names.map((name, index) => ({
    name,
    shape: shapeOf(name),
    group: groups.get(name)!,
    errors: candidateTypes({ profile, columns: 256, isAllowed: (t) => !t.startsWith('IQ2') && t !== 'IQ3_XXS' })
      .map((type) => ({ type, error: (typicalError[type] ?? 0.03) * (1 + (index % 5) / 10) })),
  })); // prettier-ignore
  const weighed = tensors.map(({ name, shape, group }) => ({
    name,
    group,
    weights: shape[0]! * shape[1]!,
  }));
  return {
    tensors,
    groups: groupSensitivities(weighed, []),
    profile,
    fixedBytes: 10_000,
    alignment: 32,
  };
}

describe('planAllocation', () => {
  it.each(['fast', 'smallest', 'attention-high'] as const)(
    'gives every tensor a type and keeps the budget with profile %s',
    (profile) => {
      const problem = problemOf(profile);
      for (const budget of [1_600_000, 2_000_000, 3_000_000]) {
        const allocation = planAllocation(problem, budget)!;
        expect(allocation.tensors.map(({ name }) => name)).toEqual(
          problem.tensors.map(({ name }) => name),
        );
        expect(allocation.bytes).toBeLessThanOrEqual(budget);
        expect(allocation.bytes).toBe(
          problem.fixedBytes + allocation.tensors.reduce((sum, { bytes }) => sum + bytes, 0),
        );
      }
    },
  );

  it('keeps every attention tensor a class above every feed-forward tensor where that is asked for', () => {
    const { tensors } = planAllocation(problemOf('attention-high'), 2_000_000)!;
    const classes = (role: string) =>
      tensors.filter(({ name }) => roleOfTensor(name) === role).map(({ type }) => bitClassOf(type));
    expect(Math.min(...classes('attention'))).toBeGreaterThan(Math.max(...classes('feed-forward')));
  });

  it('costs no more damage the more bytes it may use, and less where nothing is demanded of attention', () => {
    const budgets = [1_600_000, 1_800_000, 2_000_000, 2_400_000, 3_000_000];
    const damages = budgets.map(
      (budget) => planAllocation(problemOf('fast'), budget)!.predictedKld,
    );
    expect([...damages].sort((left, right) => right - left)).toEqual(damages);
    const constrained = planAllocation(problemOf('attention-high'), 2_000_000)!.predictedKld;
    expect(constrained).toBeGreaterThanOrEqual(damages[2]!);
  });

  it('has no answer below the smallest file', () => {
    expect(planAllocation(problemOf('fast'), 500_000)).toBeUndefined();
  });
});

describe('candidateTypes', () => {
  it('leaves K types out where rows do not divide into blocks of 256, and everything where not into 32', () => {
    const isAllowed = () => true;
    expect(candidateTypes({ profile: 'smallest', columns: 896, isAllowed })).toEqual(
      ['Q4_0', 'IQ4_NL', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0']); // prettier-ignore
    expect(candidateTypes({ profile: 'fast', columns: 100, isAllowed })).toEqual([]);
    expect(probeType(candidateTypes({ profile: 'fast', columns: 896, isAllowed }), 'fast')).toBe('Q4_0'); // prettier-ignore
  });
});

describe('groupTensors', () => {
  it('sets the ends of the stack apart and cuts the rest into thirds', () => {
    const names = Array.from({ length: 12 }, (_, layer) => kinds.map((k) => `blk.${layer}.${k}.weight`)).flat(); // prettier-ignore
    const groups = groupTensors([...names, 'output.weight']);
    expect(groups.get('blk.0.attn_q.weight')).toBe('first block');
    expect(groups.get('blk.11.ffn_up.weight')).toBe('last block');
    expect(groups.get('blk.3.ffn_up.weight')).toBe('ffn_up early');
    expect(groups.get('blk.4.ffn_up.weight')).toBe('ffn_up middle');
    expect(groups.get('output.weight')).toBe('output');
    expect(new Set(groups.values()).size).toBe(3 * kinds.length + 3);
  });
});

describe('groupSensitivities', () => {
  const tensors = [
    { name: 'blk.1.attn_v.weight', weights: 1000, group: 'v' },
    { name: 'blk.1.ffn_up.weight', weights: 9000, group: 'up' },
    { name: 'blk.1.ffn_gate.weight', weights: 9000, group: 'gate' },
    { name: 'blk.9.ffn_gate.weight', weights: 9000, group: 'last' },
  ];

  it('takes the probe over the prior, keeps a floor under noise, and scales priors of groups without a probe', () => {
    const priors = groupSensitivities(tensors, []);
    expect(priors[0]!.sensitivity / priors[1]!.sensitivity).toBeCloseTo(5);
    const measured = groupSensitivities(tensors, [
      { group: 'v', kld: 0.02, error: 20 },
      { group: 'up', kld: 0.09, error: 180 },
      { group: 'gate', kld: -1e-6, error: 180 },
    ]);
    expect(measured[0]).toMatchObject({ sensitivity: 0.001, probeKld: 0.02 });
    expect(measured[1]!.sensitivity).toBeCloseTo(0.0005);
    expect(measured[2]!.sensitivity).toBeGreaterThan(0);
    expect(measured[3]!.sensitivity / priors[3]!.sensitivity).toBeCloseTo(0.0005 / priors[1]!.sensitivity); // prettier-ignore
  });
});

describe('usableErrors', () => {
  it('forbids what is not finite, hopeless or far outside, and leaves every tensor something', () => {
    const usable = usableErrors(
      new Map([
        ['a', [{ type: 'Q2_K', error: 0.02 }, { type: 'Q3_K', error: Number.NaN }]],
        ['b', [{ type: 'Q2_K', error: 0.02 }, { type: 'Q3_K', error: 0.01 }]],
        ['c', [{ type: 'Q2_K', error: 0.3 }, { type: 'Q3_K', error: 0.01 }]],
        ['d', [{ type: 'Q2_K', error: 0.9 }]],
      ]),
    ); // prettier-ignore
    expect([...usable.values()].map((list) => list.map(({ type }) => type))).toEqual([
      ['Q2_K'],
      ['Q2_K', 'Q3_K'],
      ['Q3_K'],
      ['Q2_K'],
    ]);
  });
});
