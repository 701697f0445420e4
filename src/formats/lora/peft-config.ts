// adapter_config.json of a PEFT folder: what decides the scale of every module, and the reasons to refuse an adapter
// whose weights are not a plain low-rank sum. Semantics of peft 0.18 (tuners/lora/config.py, layer.py, model.py).
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import {
  arrayField,
  booleanField,
  integerField,
  isJsonObject,
  jsonField,
  objectField,
  stringField,
  type JsonObject,
} from '#src/formats/huggingface/json.ts';
import { readJsonObject } from '#src/formats/huggingface/read-json.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { compilePeftPatterns } from './peft-pattern.ts';

export const peftConfigFileName = 'adapter_config.json';

/** Far above real adapters (full rank of the largest models is 16384). */
const maximumRank = 65536;

export interface ModuleScaling {
  readonly rank: number;
  readonly alpha: number;
}

export interface PeftConfig {
  /** `base_model_name_or_path`; a name or path on someone else's machine: for messages only. */
  readonly baseModel: string | undefined;
  /** `r` and `lora_alpha`, before patterns. */
  readonly defaults: ModuleScaling;
  /** rsLoRA: the scale is alpha / √rank instead of alpha / rank. */
  readonly rankStabilized: boolean;
  readonly usesDora: boolean;
  /** `ensure_weight_tying`: an embedding among modules_to_save is also the tied output. */
  readonly keepsTying: boolean;
  /** aLoRA: the adapter acts from these tokens on, which only a run-time adapter can. */
  readonly invocationTokens: readonly number[] | undefined;
  /** Rank and alpha of a module (`model.layers.0.self_attn.q_proj`), after rank_pattern and alpha_pattern. */
  scalingOf(module: string): ModuleScaling;
}

/** The alpha whose quotient alpha / rank is the scale, also for rsLoRA. F64; the F32 steps of merging are the merge's own. */
export function effectiveAlpha({ rank, alpha }: ModuleScaling, rankStabilized: boolean): number {
  return rankStabilized ? alpha * Math.sqrt(rank) : alpha;
}

/** Throws `adapter/invalid` for a damaged configuration, `adapter/unsupported` for what is not a low-rank sum. */
export async function readPeftConfig(folder: FolderPort): Promise<PeftConfig> {
  if (!(await folder.has(peftConfigFileName))) {
    throw new StudioError('adapter/invalid', `${folder.label} has no ${peftConfigFileName}.`, {
      hint: 'Give the folder that PEFT saved the adapter to, or a GGUF adapter.',
    });
  }
  return parsePeftConfig(await readJsonObject(folder, peftConfigFileName), folder.label);
}

export function parsePeftConfig(config: JsonObject, label: string): PeftConfig {
  refuseOtherMethods(config, label);
  const rank = rankValue(jsonField(config, 'r') ?? 8, 'r', label);
  const alpha = alphaValue(jsonField(config, 'lora_alpha') ?? 8, 'lora_alpha', label);
  const rankOf = readPattern(config, 'rank_pattern', label, rankValue);
  const alphaOf = readPattern(config, 'alpha_pattern', label, alphaValue);
  return {
    baseModel: stringField(config, 'base_model_name_or_path'),
    defaults: { rank, alpha },
    rankStabilized: booleanField(config, 'use_rslora') ?? false,
    usesDora: booleanField(config, 'use_dora') ?? false,
    keepsTying: booleanField(config, 'ensure_weight_tying') ?? false,
    invocationTokens: invocationTokens(config, label),
    scalingOf: (module) => ({ rank: rankOf(module) ?? rank, alpha: alphaOf(module) ?? alpha }),
  };
}

function refuseOtherMethods(config: JsonObject, label: string): void {
  const refuse = (what: string, hint: string) => {
    throw new StudioError('adapter/unsupported', `${label}: ${what}`, { hint });
  };
  const type = stringField(config, 'peft_type');
  if (type === undefined) {
    throw new StudioError('adapter/invalid', `${label}/${peftConfigFileName} names no peft_type.`);
  }
  if (type.toUpperCase() !== 'LORA') {
    refuse(
      `the adapter is of type ${JSON.stringify(type.slice(0, 40))}; its change of the weights is not the product of two matrices that LoRA stores.`,
      'Merge it with PEFT (merge_and_unload) and convert the merged model.',
    );
  }
  const initialization = stringField(config, 'init_lora_weights')?.toLowerCase();
  if (initialization !== undefined && /^(?:pissa|olora|corda|loftq|lora_ga)/.test(initialization)) {
    refuse(
      `it was initialized with ${initialization.slice(0, 40)}, which also changes the base's weights, so its factors do not fit the published base.`,
      'Save it again with path_initial_model_for_weight_conversion, or merge it with PEFT.',
    );
  }
  const present: [string, string][] = [
    ['use_qalora', 'QALoRA pools its inputs'],
    ['lora_bias', 'its B matrices have biases'],
    ['use_bdlora', 'its factors are block-diagonal'],
    ['layer_replication', 'it repeats layers of the base'],
    ['target_parameters', 'it changes parameters of fused expert layers'],
    ['trainable_token_indices', 'it retrains single token embeddings'],
    ['arrow_config', 'it routes between adapters'],
  ];
  for (const [field, reason] of present) {
    if (isSet(jsonField(config, field))) {
      refuse(
        `${reason} (${field}), which is not supported.`,
        'Merge it with PEFT and convert the merged model.',
      );
    }
  }
}

/** Not absent, null, false, empty list or empty object. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) ? Object.keys(value).length > 0 : true;
}

function rankValue(value: unknown, field: string, label: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= maximumRank) {
    return value;
  }
  throw invalidField(value, field, `a whole number from 1 to ${maximumRank}`, label);
}

function alphaValue(value: unknown, field: string, label: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= 2 ** 24) {
    return value;
  }
  throw invalidField(value, field, 'a number', label);
}

function invalidField(value: unknown, field: string, wanted: string, label: string): StudioError {
  return new StudioError(
    'adapter/invalid',
    `${label}/${peftConfigFileName}: ${field} is ${JSON.stringify(value).slice(0, 40)}, not ${wanted}.`,
  );
}

function readPattern(
  config: JsonObject,
  field: string,
  label: string,
  parse: (value: unknown, field: string, label: string) => number,
): (module: string) => number | undefined {
  const entries = Object.entries(objectField(config, field) ?? {});
  const values = entries.map(([key, value]) => parse(value, `${field}.${key.slice(0, 80)}`, label));
  const keys = entries.map(([key]) => key);
  const match = compilePeftPatterns(keys, `${label}/${peftConfigFileName}, ${field}`);
  return (module) => {
    const index = match(module);
    return index === undefined ? undefined : values[index];
  };
}

function invocationTokens(config: JsonObject, label: string): number[] | undefined {
  const tokens = arrayField(config, 'alora_invocation_tokens');
  if (tokens.length === 0) {
    if (isSet(jsonField(config, 'invocation_string'))) {
      throw new StudioError(
        'adapter/unsupported',
        `${label}: the activated LoRA gives its invocation as text only (invocation_string).`,
        { hint: 'Add alora_invocation_tokens, the token ids of that text, to the configuration.' },
      );
    }
    return undefined;
  }
  return tokens.map((token, index) => {
    const valid = integerField({ token }, 'token');
    if (valid !== undefined && valid >= 0 && valid < 2 ** 32) return valid;
    throw invalidField(token, `alora_invocation_tokens[${index}]`, 'a token id', label);
  });
}
