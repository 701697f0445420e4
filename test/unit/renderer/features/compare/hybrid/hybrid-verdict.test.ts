// A proven hybrid in words and figures.
import { describe, expect, it } from 'vitest';
import type { AllocationOfRun } from '#src/contract/quality/allocate.ts';
import { parseTensorTypeFile, typeInFile } from '#src/allocation/tensor-type-file.ts';
import {
  contendersOf,
  groupTable,
  pairedText,
  tensorTypeText,
  verdictRows,
  verdictText,
} from '#renderer/features/compare/hybrid/hybrid-verdict.ts';
import { rowsOf } from '#renderer/features/compare/run-rows.ts';
import { buildAllocation } from '#test/helpers/build-allocation.ts';
import { buildQualityRun } from '#test/helpers/build-quality-run.ts';

const chunks = (mean: number) => Array.from({ length: 10 }, (_, at) => mean * (0.95 + at / 100));
const run = {
  ...buildQualityRun([
    { id: 'hybrid', bytes: 1_990_000, kld: { general: chunks(0.15) } },
    { id: 'Q2_K', bytes: 2_000_000, kld: { general: chunks(0.3) } },
  ]),
  tensors: [
    {
      subject: 'hybrid',
      tensors: [
        { name: 'token_embd.weight', type: 'Q4_K', weights: 1, bytes: 1 },
        { name: 'blk.0.attn_norm.weight', type: 'F32', weights: 1, bytes: 1 },
        { name: 'blk.1.ffn_up.weight', type: 'Q2_K', weights: 1, bytes: 1 },
      ],
    },
  ],
};
const contenders = contendersOf(buildAllocation(), rowsOf(run))!;
const verdict = (changes: Partial<AllocationOfRun>) =>
  verdictText(buildAllocation(changes), contenders);
const compared = (word: AllocationOfRun['comparison']['verdict']) => ({
  comparison: { ...buildAllocation().comparison, verdict: word },
});

describe('a hybrid beside its stock level', () => {
  it('has a verdict that says by how much, or why the level was kept', () => {
    expect(verdict({})).toBe('Hybrid wins by 50 % of the KLD');
    expect(verdict({ budget: { kind: 'kld', kld: 0.2 } })).toBe(
      'Hybrid wins by 0.5 % of the bytes',
    );
    expect(verdict({ kept: 'stock', ...compared('no difference') })).toBe(
      'Q2_K kept: no difference',
    );
    expect(verdict({ kept: 'stock', ...compared('farther') })).toBe('Q2_K kept: it is closer');
    expect(verdict(compared('farther'))).toMatch(/no level is small enough/);
  });

  it('is compared figure by figure, the KLD by its paired difference', () => {
    const rows = verdictRows(buildAllocation(), contenders);
    expect(rows.map(({ name }) => name)).toContain('Same top, %');
    expect(rows.find(({ name }) => name === 'Size')?.difference).toBe('−10,000 bytes');
    expect(rows.find(({ name }) => name === 'Mean KLD')?.difference).toBe('−0.150');
    expect(pairedText(buildAllocation().comparison)).toBe('−0.150 (95 %: −0.160 to −0.140)');
    const interval = { low: -Number.MAX_VALUE, high: Number.MAX_VALUE };
    expect(pairedText({ ...buildAllocation().comparison, interval })).toMatch(/no interval/);
  });

  it('shows the types of every group', () => {
    const { rows } = groupTable(buildAllocation());
    expect(rows[0]?.slice(0, 3)).toEqual(['token_embd', 'Q4_K', 1]);
  });

  it('exports types that llama-quantize reads, of quantized tensors alone', () => {
    const entries = parseTensorTypeFile(tensorTypeText(run, 'hybrid') ?? '', 'types');
    expect(entries).toHaveLength(2);
    expect(typeInFile(entries, 'blk.1.ffn_up.weight')).toBe('Q2_K');
    expect(typeInFile(entries, 'blk.11.ffn_up.weight')).toBeUndefined();
    expect(tensorTypeText(run, 'Q2_K')).toBeUndefined();
  });

  it('is not shown where the run lost one of the two', () => {
    expect(contendersOf(buildAllocation({ stock: 'Q3_K_M' }), rowsOf(run))).toBeUndefined();
  });
});
