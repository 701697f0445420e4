import { describe, expect, it } from 'vitest';
import type { ModelView } from '#src/model/model-view.ts';
import { planMerged } from '#src/stages/merge/plan-merged.ts';
import { openModel } from '#test/helpers/build-base-model.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';

/** Two matrices of a type; the first is merged. */
async function mergedModel(type: GgmlType): Promise<ModelView> {
  const tensors = ['blk.0.attn_q.weight', 'blk.0.attn_k.weight'].map((name) => ({
    name,
    shape: [256, 4],
    type,
  }));
  const model = await openModel(buildGguf({ tensors }));
  return {
    ...model,
    tensors: model.tensors.map((tensor) =>
      tensor.name === 'blk.0.attn_q.weight'
        ? { ...tensor, loadCombination: () => Promise.reject(new Error('unused')) }
        : tensor,
    ),
  };
}

describe('planning the file of a merge', () => {
  it('refuses to round what is quantized already to a quantizing type', async () => {
    const { problems } = planMerged(await mergedModel('Q4_K'), 'Q8_0');
    expect(problems.map(({ code }) => code)).toEqual(['quantize/requantize']);
    expect(problems[0]?.message).toContain('blk.0.attn_q.weight and 1 other tensor are');
    expect(problems[0]?.hint).toContain('--allow-requantize');
  });

  it('counts a merged tensor that keeps its type, but not one that is copied', async () => {
    const { problems } = planMerged(await mergedModel('Q8_0'), 'Q8_0');
    expect(problems[0]?.details).toMatchObject({ tensors: ['blk.0.attn_q.weight'] });
  });

  it('writes it when asked to, to float types, and from a float base', async () => {
    const asked = planMerged(await mergedModel('Q4_K'), 'Q8_0', { allowRequantize: true });
    const plans = [
      asked,
      planMerged(await mergedModel('Q4_K'), 'F16'),
      planMerged(await mergedModel('F16'), 'Q8_0'),
    ];
    expect(plans.map(({ problems }) => problems)).toEqual([[], [], []]);
    expect(asked.tensors.map(({ type }) => type)).toEqual(['Q8_0', 'Q8_0']);
  });
});
