import { describe, expect, it } from 'vitest';
import { effectiveAlpha, parsePeftConfig, readPeftConfig } from '#src/formats/lora/peft-config.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';

const plain = { peft_type: 'LORA', r: 8, lora_alpha: 16 };

describe('parsePeftConfig', () => {
  it('reads rank and alpha, with the defaults of PEFT where they are absent', () => {
    expect(parsePeftConfig(plain, 'a').defaults).toEqual({ rank: 8, alpha: 16 });
    expect(parsePeftConfig({ peft_type: 'LORA' }, 'a').defaults).toEqual({ rank: 8, alpha: 8 });
  });

  it('scales by alpha over the rank, or over its root for rsLoRA', () => {
    expect(effectiveAlpha({ rank: 16, alpha: 32 }, false) / 16).toBe(2);
    expect(effectiveAlpha({ rank: 16, alpha: 32 }, true) / 16).toBe(8);
  });

  it('matches patterns against the end of module names, first match wins', () => {
    const config = parsePeftConfig(
      {
        ...plain,
        rank_pattern: { 'layers.0.self_attn.q_proj': 4, q_proj: 2, '(k|v)_proj': 3 },
        alpha_pattern: { 'model\\.layers\\.\\d+\\.mlp.*': 5 },
      },
      'a',
    );
    expect(config.scalingOf('model.layers.0.self_attn.q_proj')).toEqual({ rank: 4, alpha: 16 });
    expect(config.scalingOf('model.layers.1.self_attn.q_proj')).toEqual({ rank: 2, alpha: 16 });
    expect(config.scalingOf('model.layers.1.self_attn.v_proj')).toEqual({ rank: 3, alpha: 16 });
    expect(config.scalingOf('model.layers.11.mlp.up_proj')).toEqual({ rank: 8, alpha: 5 });
    // `q_proj` has to follow a dot: another module whose name only ends like it does not match
    expect(config.scalingOf('model.layers.1.self_attn.xq_proj')).toEqual({ rank: 8, alpha: 16 });
  });

  it.each([
    ['(a+)+', 'repeats a group'],
    ['.*.*.*.*', 'more than 3 repetitions'],
    ['(?=x)y', 'lookaround'],
    ['(x)\\1', 'refers back'],
    ['(', 'not a regular expression'],
    ['x'.repeat(600), 'longer than 512'],
  ])('refuses the pattern %s', (key, reason) => {
    const parse = () => parsePeftConfig({ ...plain, alpha_pattern: { [key]: 1 } }, 'a');
    expect(parse).toThrowError(expect.objectContaining({ code: 'adapter/unsupported' }));
    expect(parse).toThrowError(reason);
  });

  it.each([
    [{ peft_type: 'IA3' }, 'IA3'],
    [{ peft_type: 'PROMPT_TUNING' }, 'PROMPT_TUNING'],
    [{ peft_type: 'LOHA' }, 'LOHA'],
    [{ ...plain, init_lora_weights: 'pissa_niter_16' }, 'pissa_niter_16'],
    [{ ...plain, use_qalora: true }, 'use_qalora'],
    [{ ...plain, lora_bias: true }, 'lora_bias'],
    [{ ...plain, layer_replication: [[0, 2]] }, 'layer_replication'],
    [{ ...plain, target_parameters: ['experts.down_proj'] }, 'target_parameters'],
    [{ ...plain, trainable_token_indices: { embed_tokens: [1] } }, 'trainable_token_indices'],
    [{ ...plain, invocation_string: 'go' }, 'invocation_string'],
  ])('refuses what is not a low-rank sum: %j', (config, named) => {
    const parse = () => parsePeftConfig(config, 'a');
    expect(parse).toThrowError(expect.objectContaining({ code: 'adapter/unsupported' }));
    expect(parse).toThrowError(named);
  });

  it('accepts unset forms of the refused options', () => {
    const config = parsePeftConfig(
      {
        ...plain,
        init_lora_weights: true,
        lora_bias: false,
        layer_replication: null,
        target_parameters: [],
        rank_pattern: null,
      },
      'a',
    );
    expect(config.usesDora).toBe(false);
  });

  it.each([
    { ...plain, r: 0 },
    { ...plain, r: 1.5 },
    { ...plain, r: 1e9 },
    { ...plain, lora_alpha: 'big' },
    { ...plain, rank_pattern: { x: -1 } },
    { ...plain, alora_invocation_tokens: [1, -2] },
    {},
  ])('calls %j invalid', (config) => {
    expect(() => parsePeftConfig(config, 'a')).toThrowError(
      expect.objectContaining({ code: 'adapter/invalid' }),
    );
  });
});

describe('readPeftConfig', () => {
  it('says that a folder without configuration is no adapter', async () => {
    const read = readPeftConfig(memoryFolder({}, 'x'));
    await expect(read).rejects.toThrowError('x has no adapter_config.json');
    await expect(read).rejects.toThrowError(expect.objectContaining({ code: 'adapter/invalid' }));
  });
});
