import { describe, expect, it } from 'vitest';
import { configureArchitecture } from '#src/architectures/registry.ts';

const sizes = { num_hidden_layers: 12, hidden_size: 64, intermediate_size: 96, num_attention_heads: 4, num_key_value_heads: 2, vocab_size: 100, head_dim: 16 }; // prettier-ignore

function mapper(name: string, config: object = sizes) {
  const architecture = configureArchitecture({ ...config, architectures: [name] });
  return (checkpointName: string) => {
    const mapping = architecture.mapTensor(checkpointName);
    return mapping.kind === 'tensor' ? [mapping.name, ...mapping.transforms] : mapping.kind;
  };
}

describe('mapping checkpoint names', () => {
  it('permutes the q and k projections of Llama by their heads', () => {
    const map = mapper('LlamaForCausalLM');
    const permuted = (headCount: number) => ({ op: 'permute-rotary-rows', headCount });
    expect(map('model.layers.11.self_attn.q_proj.weight')).toEqual(['blk.11.attn_q.weight', permuted(4)]); // prettier-ignore
    expect(map('model.layers.0.self_attn.k_proj.bias')).toEqual(['blk.0.attn_k.bias', permuted(2)]);
    expect(map('model.layers.0.self_attn.v_proj.weight')).toEqual(['blk.0.attn_v.weight']);
    expect(map('model.layers.0.post_attention_layernorm.weight')).toEqual(['blk.0.ffn_norm.weight']); // prettier-ignore
    expect(map('lm_head.weight')).toEqual(['output.weight']);
  });

  it('takes names with and without the prefix of the body', () => {
    const map = mapper('Qwen3ForCausalLM');
    expect(map('layers.3.self_attn.q_norm.weight')).toEqual(['blk.3.attn_q_norm.weight']);
    expect(map('model.layers.3.self_attn.q_norm.weight')).toEqual(['blk.3.attn_q_norm.weight']);
    expect(map('embed_tokens.weight')).toEqual(['token_embd.weight']);
    expect(map('model.language_model.embed_tokens.weight')).toEqual(['token_embd.weight']);
  });

  it.each([
    'model.layers.12.self_attn.q_proj.weight',
    'model.layers.00.self_attn.q_proj.weight',
    'model.layers.-1.self_attn.q_proj.weight',
    'model.layers.1e1.self_attn.q_proj.weight',
    'model.layers.99999999999999999999.self_attn.q_proj.weight',
    'model.layers.{b}.self_attn.q_proj.weight',
    'model.layers.0.self_attn.q_proj.weight.weight',
    'model.lm_head.weight.0.x',
    '__proto__',
    '',
  ])('does not know %j', (name) => {
    expect(mapper('LlamaForCausalLM')(name)).toBe('unknown');
  });

  it('skips rotary tables, causal masks and heads that only training needs', () => {
    expect(mapper('LlamaForCausalLM')('model.layers.0.self_attn.rotary_emb.inv_freq')).toBe('skip');
    const gpt2 = mapper('GPT2LMHeadModel', { n_layer: 2 });
    expect(gpt2('transformer.h.0.attn.bias')).toBe('skip');
    expect(gpt2('h.1.attn.masked_bias')).toBe('skip');
    const bert = mapper('BertForMaskedLM');
    for (const name of ['bert.embeddings.position_ids', 'bert.pooler.dense.bias', 'cls.predictions.bias', 'cls.seq_relationship.weight']) {
      expect(bert(name)).toBe('skip');
    } // prettier-ignore
    expect(mapper('Gemma2ForCausalLM')('lm_head.weight')).toBe('skip');
  });

  it('transposes the Conv1D weights of GPT-2 and nothing else', () => {
    const map = mapper('GPT2LMHeadModel', { n_layer: 2 });
    const transpose = { op: 'transpose' };
    expect(map('h.0.attn.c_attn.weight')).toEqual(['blk.0.attn_qkv.weight', transpose]);
    expect(map('transformer.h.1.mlp.c_proj.weight')).toEqual(['blk.1.ffn_down.weight', transpose]);
    expect(map('h.0.attn.c_attn.bias')).toEqual(['blk.0.attn_qkv.bias']);
    expect(map('wte.weight')).toEqual(['token_embd.weight']);
    expect(map('transformer.wpe.weight')).toEqual(['position_embd.weight']);
  });

  it("adds one to Gemma's norms", () => {
    const shift = { op: 'add-scalar', value: 1 };
    const map = mapper('Gemma3ForCausalLM');
    expect(map('model.norm.weight')).toEqual(['output_norm.weight', shift]);
    expect(map('model.layers.0.self_attn.k_norm.weight')).toEqual(['blk.0.attn_k_norm.weight', shift]); // prettier-ignore
    expect(map('model.layers.0.pre_feedforward_layernorm.weight')).toEqual(['blk.0.ffn_norm.weight', shift]); // prettier-ignore
    expect(map('model.layers.0.mlp.down_proj.weight')).toEqual(['blk.0.ffn_down.weight']);
  });

  it('knows the older names of layer norms in BERT', () => {
    const map = mapper('BertForMaskedLM');
    expect(map('bert.embeddings.LayerNorm.gamma')).toEqual(['token_embd_norm.weight']);
    expect(map('bert.encoder.layer.0.output.LayerNorm.beta')).toEqual(['blk.0.layer_output_norm.bias']); // prettier-ignore
  });
});
