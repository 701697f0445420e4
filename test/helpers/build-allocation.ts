// What a run says of a hybrid, for tests of what shows it: three tensors, the hybrid half as far as Q2_K.
import type { AllocationOfRun } from '#src/contract/quality/allocate.ts';

export function buildAllocation(changes: Partial<AllocationOfRun> = {}): AllocationOfRun {
  return {
    tensors: [
      { name: 'token_embd.weight', type: 'Q4_K', bytes: 500_000, damage: 0.001 },
      { name: 'blk.0.attn_q.weight', type: 'Q3_K', bytes: 40_000, damage: 0.002 },
      { name: 'blk.0.ffn_up.weight', type: 'Q4_K', bytes: 60_000, damage: 0.003 },
    ],
    bytes: 2_000_000,
    predictedKld: 0.006,
    groups: [
      { group: 'token_embd', tensors: 1, sensitivity: 1, probeKld: 0.01 },
      { group: 'blk.0.attn_q', tensors: 1, sensitivity: 2, probeKld: 0.02 },
      { group: 'blk.0.ffn_up', tensors: 1, sensitivity: 3, probeKld: 0.03 },
    ],
    budget: { kind: 'level', level: 'Q2_K' },
    profile: 'fast',
    hybrid: 'hybrid',
    stock: 'Q2_K',
    comparison: {
      left: 'hybrid',
      right: 'Q2_K',
      difference: -0.15,
      interval: { low: -0.16, high: -0.14 },
      verdict: 'closer',
    },
    kept: 'hybrid',
    reason: 'Hybrid: it is measurably closer to the unquantized model than Q2_K.',
    output: '/models/hybrid.gguf',
    probeTexts: ['Language'],
    moves: { tried: 0, kept: 0 },
    ...changes,
  };
}
