// Typed reading of config.json. The reference converter sees the configuration after transformers filled in its
// defaults; each family therefore states the same defaults, and a key that is present but null stays null, as there.
import { StudioError } from '#src/errors/studio-error.ts';
import type { HuggingFaceConfig } from './hugging-face-config.ts';

/** Far above any real model, low enough that products of two stay exact and loops stay short. */
const limits = {
  blocks: 4_096,
  /** Rows, columns, lengths. Vocabularies end below 300,000, contexts below 20 million. */
  count: 2 ** 30,
} as const;

/** The configuration over a family's defaults. Only own keys count; null overrides a default. */
export function withDefaults(
  config: HuggingFaceConfig,
  defaults: HuggingFaceConfig,
): HuggingFaceConfig {
  const merged = new Map<string, unknown>(Object.entries(defaults));
  for (const [key, value] of Object.entries(config)) merged.set(key, value);
  return Object.fromEntries(merged);
}

/** The value of the first of `keys` that is present, even if it is null (conversion/base.py, `find_hparam`). */
export function findValue(config: HuggingFaceConfig, keys: readonly string[]): unknown {
  const key = keys.find((candidate) => Object.hasOwn(config, candidate));
  return key === undefined ? undefined : config[key];
}

/** A count under the first present key; null and absent give undefined. Throws `huggingface/invalid` for other values. */
export function findCount(
  config: HuggingFaceConfig,
  keys: readonly string[],
  minimum = 1,
): number | undefined {
  const value = findValue(config, keys);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value)) {
    if (value >= minimum && value <= limits.count) return value;
  }
  throw invalidValue(keys, value, `a whole number from ${minimum} to ${limits.count}`);
}

/** Like `findCount`, but absent and null are errors. */
export function requireCount(config: HuggingFaceConfig, ...keys: readonly string[]): number {
  const value = findCount(config, keys);
  if (value === undefined) throw missingValue(keys);
  return value;
}

/** The number of layers, which bounds every list of tensors. */
export function requireBlockCount(config: HuggingFaceConfig): number {
  const keys = ['n_layers', 'num_hidden_layers', 'n_layer', 'num_layers'];
  const count = requireCount(config, ...keys);
  if (count > limits.blocks) throw invalidValue(keys, count, `at most ${limits.blocks}`);
  return count;
}

/** A finite number under the first present key; null and absent give undefined. */
export function findNumber(config: HuggingFaceConfig, keys: readonly string[]): number | undefined {
  const value = findValue(config, keys);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalidValue(keys, value, 'a number');
}

export function requireNumber(config: HuggingFaceConfig, ...keys: readonly string[]): number {
  const value = findNumber(config, keys);
  if (value === undefined) throw missingValue(keys);
  return value;
}

/** True only for JSON `true`; the reference's truth test on these keys. */
export function isSet(config: HuggingFaceConfig, key: string): boolean {
  return Object.hasOwn(config, key) && config[key] === true;
}

/** A list of finite numbers, or undefined when absent or null. */
export function findNumbers(config: HuggingFaceConfig, key: string): readonly number[] | undefined {
  const value = findValue(config, [key]);
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.length <= limits.blocks) {
    const list: readonly unknown[] = value;
    if (list.every((item): item is number => typeof item === 'number' && Number.isFinite(item))) {
      return list;
    }
  }
  throw invalidValue([key], value, 'a list of numbers');
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function invalidValue(
  keys: readonly string[],
  value: unknown,
  expected: string,
): StudioError {
  const shown = JSON.stringify(value)?.slice(0, 80) ?? 'undefined';
  return new StudioError(
    'huggingface/invalid',
    `config.json: ${keys.join(' or ')} is ${shown}, but should be ${expected}.`,
    { hint: 'Fetch config.json again from where the model is published.', details: { keys } },
  );
}

function missingValue(keys: readonly string[]): StudioError {
  return new StudioError('huggingface/invalid', `config.json has no ${keys.join(' or ')}.`, {
    hint: 'Fetch config.json again from where the model is published.',
    details: { keys },
  });
}
