// Parameter counts as the models' authors publish them. That names, shapes and order equal a real conversion is proven for
// every golden folder in test/golden/convert.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { HuggingFaceConfig } from '#src/architectures/hugging-face-config.ts';
import { elementCountOf } from '#src/model/model-view.ts';
import { describeArchitectureTensors } from '#src/stages/convert/describe-tensors.ts';

function parameterCount(config: HuggingFaceConfig): number {
  return describeArchitectureTensors(config)
    .filter(({ name }) => !name.startsWith('rope_'))
    .reduce((sum, { shape }) => sum + elementCountOf(shape), 0);
}

function knownModel(name: string): HuggingFaceConfig {
  const url = new URL(`../../../../configs/known-models/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as HuggingFaceConfig;
}

describe('describing a model from config.json alone', () => {
  it.each([
    ['DialoGPT-medium', 354_823_168],
    ['Llama-3.1-8B', 8_030_261_248],
    ['Llama-3.2-1B', 1_235_814_400],
    ['Phi-3.5-mini', 3_821_079_552],
    ['Qwen2.5-3B', 3_085_938_688],
  ])('finds the %s parameters', (name, expected) => {
    expect(parameterCount(knownModel(name))).toBe(expected);
  });

  it.each([
    [
      'Mistral-7B-v0.3',
      7_248_023_552,
      { architectures: ['MistralForCausalLM'], vocab_size: 32768 },
    ],
    ['gemma-2-2b', 2_614_341_888, { architectures: ['Gemma2ForCausalLM'] }],
    [
      'gemma-3-1b',
      999_885_952,
      {
        architectures: ['Gemma3ForCausalLM'],
        hidden_size: 1152,
        intermediate_size: 6912,
        num_attention_heads: 4,
        num_key_value_heads: 1,
        vocab_size: 262144,
      },
    ],
    [
      'Qwen3-0.6B',
      596_049_920,
      {
        architectures: ['Qwen3ForCausalLM'],
        hidden_size: 1024,
        intermediate_size: 3072,
        num_hidden_layers: 28,
        num_attention_heads: 16,
        num_key_value_heads: 8,
        tie_word_embeddings: true,
      },
    ],
    [
      'SmolLM2-135M',
      134_515_008,
      {
        architectures: ['LlamaForCausalLM'],
        hidden_size: 576,
        intermediate_size: 1536,
        num_hidden_layers: 30,
        num_attention_heads: 9,
        num_key_value_heads: 3,
        tie_word_embeddings: true,
        vocab_size: 49152,
      },
    ],
    // Without the pooling layer (147,840), which embeddings do not use.
    [
      'all-MiniLM-L6-v2',
      22_713_216 - 147_840,
      {
        architectures: ['BertModel'],
        hidden_size: 384,
        intermediate_size: 1536,
        num_hidden_layers: 6,
      },
    ],
  ])('finds the parameters of %s', (_name, expected, config) => {
    expect(parameterCount(config)).toBe(expected);
  });

  it('gives the types of a lossless conversion', () => {
    const types = new Map(
      describeArchitectureTensors(knownModel('Llama-3.2-1B')).map(({ name, type }) => [name, type]),
    );
    expect(types.get('rope_freqs.weight')).toBe('F32');
    expect(types.get('token_embd.weight')).toBe('BF16');
    expect(types.get('output_norm.weight')).toBe('F32');
    expect(types.has('output.weight')).toBe(false);
  });
});
