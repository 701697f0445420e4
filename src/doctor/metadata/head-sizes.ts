// Attention heads against the shapes of q, k and v: rows of q = heads × head length, rows of k = heads for keys × head length
// (llama_model_base::load_hparams). When the stated numbers do not fit, the one that a single change puts right is wrong.
import type { Draft } from '../findings.ts';
import { numberFix } from './fix-value.ts';
import { isStatedPerLayer, statedNumber, type ModelFacts, type ShownSizes } from './model-facts.ts';

export interface HeadSizes {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly keyLength: number;
  readonly valueLength: number;
}

/** Undefined when sizes differ from layer to layer or are not stated. */
export function findHeads(
  facts: ModelFacts,
  shown: ShownSizes,
  embedding: number | undefined,
): { sizes: HeadSizes | undefined; findings: readonly Draft[] } | undefined {
  if (
    isStatedPerLayer(facts, 'attention.head_count') ||
    isStatedPerLayer(facts, 'attention.head_count_kv')
  ) {
    return undefined;
  }
  const heads = statedNumber(facts, 'attention.head_count');
  if (heads === undefined || embedding === undefined) return undefined;
  const keyValueHeads = statedNumber(facts, 'attention.head_count_kv') ?? heads;
  const statedKey = statedNumber(facts, 'attention.key_length');
  const keyLength = statedKey ?? Math.floor(embedding / Math.max(heads, 1));
  const valueLength =
    statedNumber(facts, 'attention.value_length') ?? Math.floor(embedding / Math.max(heads, 1));
  const sizes: HeadSizes = { heads, keyValueHeads, keyLength, valueLength };
  const { query, key, value } = shown;
  if (query === undefined || key === undefined) {
    return {
      sizes,
      findings: heads > 0 && keyValueHeads > 0 ? [] : [noHeads(facts, heads, keyValueHeads)],
    };
  }
  if (heads * keyLength === query && keyValueHeads * keyLength === key) {
    return checkValueLength(facts, sizes, value);
  }
  const right = solve({ heads, keyValueHeads, keyLength: statedKey }, { query, key }, [
    shown.headLength,
    statedNumber(facts, 'rope.dimension_count'),
  ]);
  const stated = `${heads} heads, ${keyValueHeads} of them for keys, of length ${keyLength}`;
  const base = {
    code: 'metadata/contradiction' as const,
    evidence: { heads, keyValueHeads, keyLength, rowsOfQuery: query, rowsOfKey: key },
  };
  if (right === undefined) {
    return {
      sizes: undefined,
      findings: [
        {
          ...base,
          message: `The metadata state ${stated}, but attn_q has ${query} rows and attn_k ${key}.`,
          keys: [`${facts.architecture}.attention.head_count`],
          remedy: 'Name the model that the file was made from (--source), or convert it again.',
        },
      ],
    };
  }
  const corrected: HeadSizes = {
    heads: right.heads,
    keyValueHeads: right.keyValueHeads,
    keyLength: right.keyLength,
    valueLength: value === undefined ? valueLength : value / right.keyValueHeads,
  };
  const entry = `${facts.architecture}.attention.${right.name}`;
  const before = statedNumber(facts, `attention.${right.name}`);
  return {
    sizes: corrected,
    findings: [
      {
        ...base,
        message: `${entry} is ${before ?? `not stated (${right.name === 'head_count_kv' ? heads : keyLength} is taken)`}, but attn_q has ${query} rows and attn_k ${key}, which makes it ${right.value}.`,
        keys: [entry],
        remedy: `Sets ${entry} to ${right.value}.`,
        fix: numberFix(entry, 'uint32', right.value),
      },
    ],
  };
}

function noHeads(facts: ModelFacts, heads: number, keyValueHeads: number): Draft {
  const name = heads === 0 ? 'head_count' : 'head_count_kv';
  return {
    code: 'metadata/contradiction',
    message: `${facts.architecture}.attention.${name} is 0.`,
    evidence: { heads, keyValueHeads },
    keys: [`${facts.architecture}.attention.${name}`],
    remedy: 'Name the model that the file was made from (--source), or convert it again.',
  };
}

function checkValueLength(facts: ModelFacts, sizes: HeadSizes, value: number | undefined) {
  const { keyValueHeads, valueLength } = sizes;
  if (value === undefined || keyValueHeads * valueLength === value || value % keyValueHeads !== 0) {
    return { sizes, findings: [] };
  }
  const right = value / keyValueHeads;
  const key = `${facts.architecture}.attention.value_length`;
  const draft: Draft = {
    code: 'metadata/contradiction',
    message: `${key} is ${valueLength}, but attn_v has ${value} rows for ${keyValueHeads} heads.`,
    evidence: { stated: valueLength, shown: right },
    keys: [key],
    remedy: `Sets ${key} to ${right}.`,
    fix: numberFix(key, 'uint32', right),
  };
  return { sizes: { ...sizes, valueLength: right }, findings: [draft] };
}

interface Stated {
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Undefined when it follows from the embedding. */
  readonly keyLength: number | undefined;
}

interface Solution {
  readonly name: 'head_count' | 'head_count_kv' | 'key_length';
  readonly value: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly keyLength: number;
}

/** The one entry whose change makes everything fit; undefined when there is none, or several that are equally good. */
function solve(
  stated: Stated,
  { query, key }: { readonly query: number; readonly key: number },
  lengths: readonly (number | undefined)[],
): Solution | undefined {
  const { heads, keyValueHeads } = stated;
  const solutions: Solution[] = [];
  const propose = (solution: Solution) => {
    const { heads: h, keyValueHeads: kv, keyLength: length } = solution;
    const isSound = [h, kv, length].every((size) => Number.isInteger(size) && size > 0);
    if (isSound && h * length === query && kv * length === key) solutions.push(solution);
  };
  // Without a stated length the other entries and norms tell it.
  const known = stated.keyLength === undefined ? lengths : [stated.keyLength];
  for (const keyLength of new Set(known.filter((length) => length !== undefined))) {
    const count = query / keyLength;
    propose({ name: 'head_count', value: count, heads: count, keyValueHeads, keyLength });
    const keys = key / keyLength;
    propose({ name: 'head_count_kv', value: keys, heads, keyValueHeads: keys, keyLength });
  }
  if (stated.keyLength !== undefined) {
    const keyLength = query / heads;
    propose({ name: 'key_length', value: keyLength, heads, keyValueHeads, keyLength });
  }
  const [first, ...others] = solutions;
  return others.every(({ name }) => name === first?.name) ? first : undefined;
}
