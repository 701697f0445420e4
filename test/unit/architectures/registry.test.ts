import { describe, expect, it } from 'vitest';
import type { HuggingFaceConfig } from '#src/architectures/hugging-face-config.ts';
import { configureArchitecture, supportedFamilies } from '#src/architectures/registry.ts';
import { StudioError } from '#src/errors/studio-error.ts';

const smallLlama = {
  architectures: ['LlamaForCausalLM'],
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  vocab_size: 100,
};

function errorOf(config: HuggingFaceConfig): StudioError {
  try {
    configureArchitecture(config);
  } catch (error) {
    if (error instanceof StudioError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('the registry', () => {
  it('refuses an unknown architecture and names those that it knows', () => {
    const error = errorOf({ architectures: ['RwkvForCausalLM'] });
    expect(error.code).toBe('architecture/unsupported');
    expect(error.message).toContain('RwkvForCausalLM');
    for (const family of supportedFamilies()) expect(error.hint).toContain(family);
    expect(supportedFamilies()).toEqual([
      'llama', 'mistral', 'qwen2', 'qwen3', 'phi3', 'gpt2', 'gemma2', 'gemma3', 'bert',
    ]); // prettier-ignore
  });

  it('says what is special about unsupported relatives', () => {
    expect(errorOf({ architectures: ['MixtralForCausalLM'] }).message).toContain('experts');
    expect(errorOf({ architectures: ['Qwen3MoeForCausalLM'] }).message).toContain('experts');
    expect(errorOf({ architectures: ['Gemma3ForConditionalGeneration'] }).message).toContain('sees'); // prettier-ignore
  });

  it.each([undefined, null, [], ['toString'], [5], 'LlamaForCausalLM', { 0: 'LlamaForCausalLM' }])(
    'refuses %j as a list of architectures',
    (architectures) => {
      expect(errorOf({ ...smallLlama, architectures }).code).toBe('architecture/unsupported');
    },
  );

  it.each([
    ['quantization_config', { quant_method: 'gptq', bits: 4 }, 'gptq'],
    ['quantization_config', { quant_method: 'awq' }, 'awq'],
    ['quantization_config', {}, 'already quantized'],
    ['num_local_experts', 8, 'mixture of experts'],
    ['vision_config', {}, 'sees or hears'],
    ['draft_vocab_size', 32000, 'draft model'],
  ])('refuses a supported family with %s = %j', (key, value, reason) => {
    const error = errorOf({ ...smallLlama, [key]: value });
    expect(error.code).toBe('architecture/unsupported');
    expect(error.message).toContain(reason);
    expect(error.message).toContain(key);
  });

  it('takes null for what is not there', () => {
    const config = {
      ...smallLlama,
      quantization_config: null,
      vision_config: null,
      num_experts: 0,
    };
    expect(configureArchitecture(config).ggufName).toBe('llama');
  });

  it.each([
    ['hidden_size', -1],
    ['hidden_size', 1e30],
    ['hidden_size', 64.5],
    ['hidden_size', '64'],
    ['num_hidden_layers', 1e9],
    ['num_hidden_layers', null],
    ['num_attention_heads', 0],
    ['num_attention_heads', 65],
    ['num_key_value_heads', 3],
    ['vocab_size', {}],
    ['head_dim', 15],
    ['rope_scaling', { rope_type: 'linear', factor: 'two' }],
    ['rope_scaling', { rope_type: 'yarn', factor: 4 }],
    ['rms_norm_eps', 'small'],
  ])('refuses %s = %j without trying to make room for it', (key, value) => {
    const config = { ...smallLlama, [key]: value };
    const attempt = () => configureArchitecture(config).metadata({ fileType: 0 });
    expect(attempt).toThrowError(StudioError);
    expect(attempt).toThrowError(/config\.json/);
  });

  it('refuses a rotary scaling that llama.cpp does not know', () => {
    const error = errorOf({ ...smallLlama, rope_scaling: { rope_type: 'spiral', factor: 2 } });
    expect(error.code).toBe('architecture/unsupported');
    expect(error.message).toContain('spiral');
  });
});
