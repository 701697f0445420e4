// The sampler panel's rows: llama.cpp's names for the fields of samplingSchema, in the order of its sampler chain.
import { defaultSampling, type Sampling } from '#src/contract/sampling.ts';

export type SamplerKey = Exclude<keyof Sampling, 'seed'>;

export interface SamplerField {
  readonly key: SamplerKey;
  /** Name in llama.cpp. */
  readonly name: string;
  readonly what: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly step: number;
  /** llama.cpp's default; undefined: no limit. */
  readonly standard: number | undefined;
}

const rows: readonly Omit<SamplerField, 'standard'>[] = [
  {
    key: 'temperature',
    name: 'temp',
    what: 'How freely it chooses: 0 always takes the most likely token.',
    minimum: 0,
    maximum: 10,
    step: 0.05,
  },
  {
    key: 'topK',
    name: 'top_k',
    what: 'Chooses among this many most likely tokens; 0 takes all.',
    minimum: 0,
    maximum: 1000,
    step: 1,
  },
  {
    key: 'topP',
    name: 'top_p',
    what: 'Chooses among the likeliest tokens that together reach this probability; 1 takes all.',
    minimum: 0,
    maximum: 1,
    step: 0.01,
  },
  {
    key: 'minP',
    name: 'min_p',
    what: 'Leaves out tokens below this share of the likeliest one; 0 leaves none out.',
    minimum: 0,
    maximum: 1,
    step: 0.01,
  },
  {
    key: 'maxTokens',
    name: 'n_predict',
    what: 'Longest answer in tokens; empty: until the model ends it or the window is full.',
    minimum: 1,
    maximum: 1_000_000,
    step: 1,
  },
  {
    key: 'repeatPenalty',
    name: 'repeat_penalty',
    what: 'Makes tokens that just appeared less likely; 1 changes nothing.',
    minimum: 0,
    maximum: 10,
    step: 0.05,
  },
  {
    key: 'repeatLastN',
    name: 'repeat_last_n',
    what: 'How many of the last tokens the penalties look at.',
    minimum: 0,
    maximum: 1_000_000,
    step: 1,
  },
  {
    key: 'frequencyPenalty',
    name: 'frequency_penalty',
    what: 'Lowers a token by how often it appeared; 0 is off.',
    minimum: -10,
    maximum: 10,
    step: 0.05,
  },
  {
    key: 'presencePenalty',
    name: 'presence_penalty',
    what: 'Lowers a token once it has appeared at all; 0 is off.',
    minimum: -10,
    maximum: 10,
    step: 0.05,
  },
  {
    key: 'xtcProbability',
    name: 'xtc_probability',
    what: 'Chance to leave out the likeliest choices, for more surprising text; 0 is off.',
    minimum: 0,
    maximum: 1,
    step: 0.05,
  },
  {
    key: 'xtcThreshold',
    name: 'xtc_threshold',
    what: 'Probability above which XTC may leave a token out.',
    minimum: 0,
    maximum: 1,
    step: 0.01,
  },
  {
    key: 'dryMultiplier',
    name: 'dry_multiplier',
    what: 'Strength of the penalty on repeated sequences; 0 switches DRY off.',
    minimum: 0,
    maximum: 100,
    step: 0.1,
  },
  {
    key: 'dryBase',
    name: 'dry_base',
    what: 'How fast the DRY penalty grows with the length of a repetition.',
    minimum: 1,
    maximum: 100,
    step: 0.05,
  },
  {
    key: 'dryAllowedLength',
    name: 'dry_allowed_length',
    what: 'Repetitions up to this many tokens cost nothing.',
    minimum: 1,
    maximum: 1_000_000,
    step: 1,
  },
  {
    key: 'dryPenaltyLastN',
    name: 'dry_penalty_last_n',
    what: 'How far back DRY looks: -1 the whole window, 0 nowhere.',
    minimum: -1,
    maximum: 1_000_000,
    step: 1,
  },
];

export const samplerFields: readonly SamplerField[] = rows.map((row) => ({
  ...row,
  standard: row.key === 'maxTokens' ? undefined : defaultSampling[row.key],
}));

/** Sets a field; its default (or undefined) takes the field out, so that only what was changed is kept. */
export function setSampling(
  sampling: Sampling,
  key: SamplerKey,
  value: number | undefined,
): Sampling {
  const rest = { ...sampling };
  delete rest[key];
  const standard = samplerFields.find((field) => field.key === key)?.standard;
  return value === undefined || value === standard ? rest : { ...rest, [key]: value };
}

export function isChanged(sampling: Sampling, key: SamplerKey): boolean {
  return sampling[key] !== undefined;
}

/** Names of the changed fields, for the chip that stands for all that have none of their own. */
export function changedNames(sampling: Sampling): string[] {
  return samplerFields.filter(({ key }) => isChanged(sampling, key)).map(({ name }) => name);
}
