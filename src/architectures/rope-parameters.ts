// Rotary embedding parameters as the reference normalizes them (conversion/base.py, TextModel.__init__), and the
// metadata that it derives from them. Configurations spell them in three ways: `rope_theta` and `rope_scaling`
// (transformers 4), `rope_parameters` (transformers 5), and `rope_parameters` per kind of attention.
import { StudioError } from '#src/errors/studio-error.ts';
import { float32Entry, stringEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { HuggingFaceConfig } from './hugging-face-config.ts';
import { findNumber, findValue, isPlainObject, requireCount } from './hyperparameters.ts';

export interface RopeParameters {
  /** Of full (global) attention. */
  readonly full: HuggingFaceConfig;
  /** `rope_theta` of sliding-window (local) attention, where a family has its own. */
  readonly slidingTheta: number | undefined;
  /** Lower case; undefined when nothing is scaled. */
  readonly type: string | undefined;
}

export function readRopeParameters(config: HuggingFaceConfig): RopeParameters {
  const declared = Object.hasOwn(config, 'rope_parameters')
    ? config['rope_parameters']
    : config['rope_scaling'];
  const parameters: Record<string, unknown> = isPlainObject(declared) ? { ...declared } : {};
  const perAttention = 'full_attention' in parameters || 'sliding_attention' in parameters;
  const own = (key: string) => parameters[key] !== undefined && parameters[key] !== null;
  if (!perAttention) {
    const slidingTheta = findNumber(config, localThetaKeys);
    if (slidingTheta !== undefined) parameters['sliding_attention'] = { rope_theta: slidingTheta };
    const inherit = (key: string, value: unknown) => {
      if (!own(key) && value !== undefined && value !== null) parameters[key] = value;
    };
    inherit('rope_theta', findValue(config, thetaKeys));
    inherit('rope_type', parameters['type']);
    inherit('partial_rotary_factor', findValue(config, partialRotaryKeys));
    inherit(
      'original_max_position_embeddings',
      findValue(config, ['original_max_position_embeddings']),
    );
  }
  const full = isPlainObject(parameters['full_attention'])
    ? parameters['full_attention']
    : parameters;
  const sliding = parameters['sliding_attention'];
  const type = full['rope_type'];
  return {
    full,
    slidingTheta: isPlainObject(sliding) ? findNumber(sliding, ['rope_theta']) : undefined,
    type: typeof type === 'string' ? type.toLowerCase() : undefined,
  };
}

const thetaKeys = [
  'global_rope_theta',
  'rope_global_theta',
  'rope_theta_global',
  'rope_theta',
  'rotary_emb_base',
];
const localThetaKeys = [
  'local_rope_theta',
  'rope_local_theta',
  'rope_theta_local',
  'swa_rope_theta',
  'rope_local_base_freq',
];
const partialRotaryKeys = ['partial_rotary_factor', 'rope_pct', 'rope_percent'];

/** Rope types whose factors are tensors or that llama.cpp applies without metadata. */
const typesWithoutMetadata = new Set(['default', 'dynamic', 'llama3']);
const typesWithMetadata = new Set(['linear', 'yarn', 'su', 'longrope']);

/** `<arch>.rope.scaling.*` in the reference's order (TextModel.set_gguf_parameters). */
export function ropeScalingMetadata(arch: string, rope: RopeParameters): GgufEntry[] {
  const key = (name: string) => `${arch}.rope.scaling.${name}`;
  const factor = findNumber(rope.full, ['factor']);
  if (rope.type === 'linear' && factor !== undefined) {
    return [stringEntry(key('type'), 'linear'), float32Entry(key('factor'), factor)];
  }
  if (rope.type === 'yarn' && factor !== undefined) {
    const optional: readonly (readonly [string, readonly string[]])[] = [
      ['yarn_ext_factor', ['extrapolation_factor']],
      ['yarn_attn_factor', ['attention_factor', 'attn_factor']],
      ['yarn_beta_fast', ['beta_fast']],
      ['yarn_beta_slow', ['beta_slow']],
    ];
    return [
      stringEntry(key('type'), 'yarn'),
      float32Entry(key('factor'), factor),
      uint32Entry(key('original_context_length'), originalContextLength(rope)),
      ...optional.flatMap(([name, keys]) => {
        const value = findNumber(rope.full, keys);
        return value === undefined ? [] : [float32Entry(key(name), value)];
      }),
    ];
  }
  if (rope.type === 'su' || rope.type === 'longrope') {
    return [stringEntry(key('type'), 'longrope')];
  }
  return [];
}

/** The context that the model was trained with before its rotary scaling. */
export function originalContextLength(rope: RopeParameters): number {
  return requireCount(rope.full, 'original_max_position_embeddings');
}

/** Refuses a scaling that llama.cpp does not know: converted without it, the model would run wrongly. */
export function checkRopeType(rope: RopeParameters): void {
  if (rope.type === undefined) return;
  if (typesWithoutMetadata.has(rope.type) || typesWithMetadata.has(rope.type)) return;
  throw new StudioError(
    'architecture/unsupported',
    `config.json: rope_scaling has the type "${rope.type}", which llama.cpp does not know.`,
    {
      hint: `Known types are ${[...typesWithoutMetadata, ...typesWithMetadata].join(', ')}.`,
      details: { ropeType: rope.type },
    },
  );
}
