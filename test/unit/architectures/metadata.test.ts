// Metadata of configurations that the golden folders do not have; what those have is proven there.
import { describe, expect, it } from 'vitest';
import { configureArchitecture } from '#src/architectures/registry.ts';

const sizes = { num_hidden_layers: 2, hidden_size: 64, intermediate_size: 96, num_attention_heads: 4, num_key_value_heads: 2, vocab_size: 100 }; // prettier-ignore

function metadataOf(name: string, config: object = sizes): Record<string, unknown> {
  const architecture = configureArchitecture({ ...config, architectures: [name] });
  const entries = [...architecture.generatedMetadata, ...architecture.metadata({ fileType: 1 })];
  return Object.fromEntries(entries.map(({ key, value }) => [key, value.value]));
}

describe('metadata', () => {
  it("fills in each family's own defaults", () => {
    expect(metadataOf('LlamaForCausalLM', {})).toMatchObject({
      'llama.context_length': 2048,
      'llama.attention.head_count_kv': 32,
      'llama.attention.key_length': 128,
    });
    expect(metadataOf('MistralForCausalLM', {})).toMatchObject({
      'llama.context_length': 131072,
      'llama.attention.head_count_kv': 8,
    });
    expect(metadataOf('MistralForCausalLM', {})).not.toHaveProperty('llama.attention.key_length');
    expect(metadataOf('Qwen3ForCausalLM', {})).toMatchObject({
      'qwen3.attention.key_length': 128,
      'qwen3.rope.freq_base': 10000,
    });
    expect(metadataOf('Gemma2ForCausalLM', {})).toMatchObject({
      'gemma2.attn_logit_softcapping': 50,
      'gemma2.attention.sliding_window': 4096,
    });
  });

  it('leaves out what is null', () => {
    const metadata = metadataOf('Qwen3ForCausalLM', { ...sizes, head_dim: null });
    expect(metadata).not.toHaveProperty('qwen3.attention.key_length');
  });

  it("keeps GPT-2's own feed-forward length, and its positions where n_ctx is missing", () => {
    const metadata = metadataOf('GPT2LMHeadModel', { n_embd: 64, n_inner: 100, n_positions: 77 });
    expect(metadata).toMatchObject({
      'gpt2.feed_forward_length': 100,
      'gpt2.context_length': 77,
      'gpt2.attention.head_count': 12,
    });
  });

  it('reads the names that GPT-2 shares with newer families', () => {
    expect(metadataOf('GPT2LMHeadModel', { hidden_size: 64, num_hidden_layers: 3 })).toMatchObject({
      'gpt2.embedding_length': 64,
      'gpt2.block_count': 3,
    });
  });

  it("reads 'su' as longrope and scales attention by the longer context", () => {
    const factors = [1, 1, 1, 1, 1, 1, 1, 1];
    const metadata = metadataOf('Phi3ForCausalLM', {
      ...sizes,
      max_position_embeddings: 131072,
      original_max_position_embeddings: 4096,
      rope_scaling: { type: 'su', long_factor: factors, short_factor: factors },
    });
    expect(metadata['phi3.rope.scaling.attn_factor']).toBeCloseTo(Math.sqrt(1 + 5 / 12), 12);
  });

  it('refuses rotary factors that do not fit the heads', () => {
    const rope = { type: 'longrope', long_factor: [1, 1], short_factor: [1, 1] };
    expect(() => metadataOf('Phi3ForCausalLM', { ...sizes, rope_scaling: rope })).toThrow(
      /2 long and 2 short factors, but 8/,
    );
  });

  it('halves a bidirectional window of Gemma 3', () => {
    const metadata = metadataOf('Gemma3ForCausalLM', {
      ...sizes,
      sliding_window: 512,
      use_bidirectional_attention: true,
    });
    expect(metadata['gemma3.attention.sliding_window']).toBe(257);
  });

  it('reads the rotary base of each kind of attention as transformers 5 writes it', () => {
    const metadata = metadataOf('Gemma3ForCausalLM', {
      ...sizes,
      rope_parameters: {
        full_attention: { rope_theta: 123, rope_type: 'default' },
        sliding_attention: { rope_theta: 45, rope_type: 'default' },
      },
    });
    expect(metadata).toMatchObject({
      'gemma3.rope.freq_base': 123,
      'gemma3.rope.freq_base_swa': 45,
    });
  });

  it('writes labels that somebody chose, in order of their numbers', () => {
    const labels = (config: object) =>
      metadataOf('BertForSequenceClassification', { ...sizes, ...config })['bert.classifier.output_labels']; // prettier-ignore
    expect(labels({ id2label: { '10': 'c', '2': 'b', '0': 'a' } })).toEqual(['a', 'b', 'c']);
    expect(labels({ id2label: { '0': 'LABEL_0', '1': 'LABEL_1' } })).toBeUndefined();
    expect(labels({ num_labels: 3 })).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2']);
    expect(labels({})).toBeUndefined();
    expect(() => labels({ num_labels: 2 ** 29 })).toThrow(/num_labels/);
  });
});
