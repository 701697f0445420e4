// The architecture's entries against the source's own: quantizing changes none of them. Sizes are left out, because pruning
// changes them rightly and the tensors prove them.
import type { Draft } from '../findings.ts';
import { entryNumber, entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufEntry, GgufValue } from '#src/formats/gguf/types.ts';
import { copyFix } from './fix-value.ts';
import type { ModelFacts } from './model-facts.ts';

const provenByTensors = new Set([
  'block_count',
  'embedding_length',
  'feed_forward_length',
  'vocab_size',
]);

/** Entries of `<architecture>.` that differ, but for `known` keys, which have findings already. */
export function compareEntries(
  facts: ModelFacts,
  source: readonly GgufEntry[],
  known: ReadonlySet<string>,
): Draft[] {
  const prefix = `${facts.architecture}.`;
  return source.flatMap(({ key, value }) => {
    const name = key.slice(prefix.length);
    if (!key.startsWith(prefix) || provenByTensors.has(name) || known.has(key)) return [];
    const found = entryValue(facts.metadata, key);
    // Pruning shortens lists that have one value a layer.
    if (value.type === 'array' || found?.type === 'array') return [];
    if (found === undefined ? isDefault(facts, name, value) : sameValue(found, value)) return [];
    const fix = copyFix(key, value);
    const draft: Draft = {
      code: 'metadata/differs',
      message:
        found === undefined
          ? `The source has ${key} ${shown(value)}; the file does not state it.`
          : `${key} is ${shown(found)}; in the source it is ${shown(value)}.`,
      evidence: { file: found === undefined ? null : shown(found), source: shown(value) },
      keys: [key],
      ...(fix === undefined ? {} : { fix }),
    };
    return [draft];
  });
}

/** Numbers are equal when they are as F32: conversions of different tools round differently from there on. */
export function sameValue(left: GgufValue, right: GgufValue): boolean {
  if (left.type === 'array' || right.type === 'array') {
    if (left.type !== 'array' || right.type !== 'array') return false;
    if (left.elementType === 'array' || right.elementType === 'array') return false;
    const [a, b] = [left.value, right.value];
    if (a.length !== b.length) return false;
    for (let index = 0; index < a.length; index++) {
      if (a[index] !== b[index] && String(a[index]) !== String(b[index])) return false;
    }
    return true;
  }
  if (left.value === right.value) return true;
  const numbers = [left, right].map(({ type, value }) =>
    type === 'string' || type === 'bool' ? Number.NaN : Math.fround(Number(value)),
  );
  const [a = Number.NaN, b = Number.NaN] = numbers;
  return a === b || Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b));
}

/** What llama.cpp takes when the entry is not there. */
function isDefault(
  { architecture, metadata }: ModelFacts,
  name: string,
  value: GgufValue,
): boolean {
  const number = (key: string) => entryNumber(metadata, `${architecture}.${key}`);
  const heads = number('attention.head_count') ?? 0;
  const headLength = heads === 0 ? 0 : Math.floor((number('embedding_length') ?? 0) / heads);
  const stated = typeof value.value === 'number' ? value.value : value.value;
  switch (name) {
    case 'rope.freq_base':
      return stated === 10_000;
    case 'attention.head_count_kv':
      return stated === heads;
    case 'attention.key_length':
    case 'attention.value_length':
      return stated === headLength;
    case 'rope.dimension_count':
      return stated === (number('attention.key_length') ?? headLength);
    case 'attention.causal':
      return stated === true;
    case 'rope.scaling.type':
      return stated === 'none' || stated === 'linear';
    case 'rope.scaling.factor':
      return stated === 1 || stated === 0;
    case 'rope.scaling.original_context_length':
      return stated === number('context_length');
    case 'pooling_type':
      return stated === 0;
    default:
      // Not read by every release; only what decides how the model computes is named.
      return !/^(?:rope\.|attention\.|.*softcapping|.*_scale$|context_length$)/.test(name);
  }
}

/** For messages; arrays by their length. */
export function shown(value: GgufValue): string {
  if (value.type === 'array') return `${value.value.length} values`;
  const text = value.type === 'string' ? JSON.stringify(value.value) : String(value.value);
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}
