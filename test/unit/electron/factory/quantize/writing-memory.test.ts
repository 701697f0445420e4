// What one pass may take at most: the plan of a 70 B model, adapters and four levels, on machines of every size.
import { describe, expect, it } from 'vitest';
import { writingMemory } from '#electron/factory/quantize/writing-memory.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { makeOutputPlan, type OutputPlan } from '#src/stages/quantize/output-plan.ts';
import { modelFromConfig } from '#src/stages/sizes/model-from-config.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import { largeTokenizer } from '#test/helpers/write-large-gguf.ts';

/** Llama 3's 70 B: an embedding of 8192 x 128,256, matrices of 8192 x 28,672. */
const config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 8192,
  intermediate_size: 28_672,
  num_hidden_layers: 80,
  num_attention_heads: 64,
  num_key_value_heads: 8,
  vocab_size: 128_256,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  rope_theta: 500_000,
};
const tokenizer = largeTokenizer(config.vocab_size);

function modelOf(layers: number, merges: boolean): ModelView {
  const model = modelFromConfig({ ...config, num_hidden_layers: layers }, '70b');
  const tensors = model.tensors.map((tensor) =>
    merges
      ? { ...tensor, loadCombination: () => Promise.reject(new Error('not read here')) }
      : tensor,
  );
  return { ...model, tensors, metadata: [...model.metadata, ...tokenizer] };
}

function plansOf(model: ModelView, types: readonly GgmlType[]): OutputPlan[] {
  return types.map((type) =>
    makeOutputPlan({
      label: type,
      metadata: model.metadata,
      tensors: model.tensors.map((source) => ({
        source,
        name: source.name,
        type: source.shape.length > 1 ? type : source.type,
      })),
    }),
  );
}

const levels: readonly GgmlType[] = ['Q4_K', 'Q5_K', 'Q2_K', 'Q8_0'];

describe('the memory of one pass', () => {
  it.each([1, 2, 8, 16, 64, 192])('is at most 1.5 GB for 70 B on %i cores', (cores) => {
    const model = modelOf(80, true);
    const weights = model.tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0); // prettier-ignore
    expect(weights).toBeGreaterThan(70e9);
    expect(writingMemory(plansOf(model, levels), cores, cores)).toBeLessThan(1.5e9);
    expect(writingMemory(plansOf(model, ['F32', 'F16']), cores, cores)).toBeLessThan(1.5e9);
  });

  it('does not grow with the number of layers beyond their names', () => {
    const bytes = (layers: number) => writingMemory(plansOf(modelOf(layers, false), levels), 2, 2);
    expect(bytes(80) - bytes(8)).toBeLessThan(2e6);
  });
});
