// Entries that llama.cpp cannot do without, and entries of a type that it refuses. Where the tensors or the source show the
// value, the finding carries it.
import type { Draft } from '../findings.ts';
import { entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufEntry, GgufValue } from '#src/formats/gguf/types.ts';
import {
  architectureEntryTypes,
  generalEntryTypes,
  hasType,
  requiredEntries,
  typeText,
  type EntryType,
} from './entry-rules.ts';
import { copyFix, numberFix } from './fix-value.ts';
import { statedNumber, type ModelFacts, type ShownSizes } from './model-facts.ts';

export interface EntryCheckOptions {
  /** Of the source, when it is the same model. */
  readonly source?: readonly GgufEntry[] | undefined;
  /** Without tensors nothing but the vocabulary is loaded, and the sizes are not read. */
  readonly isVocabularyOnly: boolean;
}

export function checkEntries(
  facts: ModelFacts,
  shown: ShownSizes,
  { source, isVocabularyOnly }: EntryCheckOptions,
): Draft[] {
  const { architecture, metadata } = facts;
  const required = isVocabularyOnly ? [] : requiredEntries(architecture);
  const missing = required
    .filter((name) => entryValue(metadata, `${architecture}.${name}`) === undefined)
    .map((name) => missingEntry(facts, shown, name, source));
  const typed: [string, EntryType][] = [
    ...Object.entries(generalEntryTypes),
    ...Object.entries(architectureEntryTypes).map(([name, type]): [string, EntryType] => [
      `${architecture}.${name}`,
      type,
    ]),
  ];
  const wrong = typed.flatMap(([key, type]) => {
    const value = entryValue(metadata, key);
    return value === undefined || hasType(value, type) ? [] : [wrongType(key, value, type, source)];
  });
  return [...missing, ...wrong];
}

function missingEntry(
  facts: ModelFacts,
  shown: ShownSizes,
  name: string,
  source: readonly GgufEntry[] | undefined,
): Draft {
  const key = `${facts.architecture}.${name}`;
  const known = source === undefined ? undefined : entryValue(source, key);
  const number = shownValue(facts, shown, name);
  const fix = number === undefined ? copyFix(key, known) : numberFix(key, 'uint32', number);
  const from = number === undefined ? "the source's value" : `${number}, as the tensors show`;
  return {
    code: 'metadata/missing',
    message: `The file has no ${key}, which llama.cpp needs.`,
    evidence: { key, ...(number === undefined ? {} : { tensorsShow: number }) },
    keys: [key],
    remedy:
      fix === undefined
        ? 'Name the model that the file was made from (--source), or convert it again.'
        : `Sets ${key} to ${from}.`,
    ...(fix === undefined ? {} : { fix }),
  };
}

/** What follows from the tensors alone. */
function shownValue(facts: ModelFacts, shown: ShownSizes, name: string): number | undefined {
  switch (name) {
    case 'block_count':
      return shown.blocks;
    case 'embedding_length':
      return shown.embedding;
    case 'feed_forward_length':
      return shown.feedForward;
    case 'context_length':
      return shown.positions;
    case 'attention.head_count': {
      const length =
        statedNumber(facts, 'attention.key_length') ??
        shown.headLength ??
        statedNumber(facts, 'rope.dimension_count');
      const count = length === undefined || shown.query === undefined ? 0 : shown.query / length;
      return count >= 1 && Number.isInteger(count) ? count : undefined;
    }
    default:
      return undefined;
  }
}

function wrongType(
  key: string,
  value: GgufValue,
  type: EntryType,
  source: readonly GgufEntry[] | undefined,
): Draft {
  const known = source === undefined ? undefined : entryValue(source, key);
  const fix =
    converted(key, value, type) ??
    (known !== undefined && hasType(known, type) ? copyFix(key, known) : undefined);
  return {
    code: 'metadata/type',
    message: `${key} is of type ${typeText(value)}; llama.cpp reads it as ${type} and refuses the file.`,
    evidence: { key, type: typeText(value), expected: type },
    keys: [key],
    remedy:
      fix === undefined
        ? 'Name the model that the file was made from (--source), or convert it again.'
        : `Writes ${key} as ${fix.kind === 'set-metadata' ? fix.value.type : type}.`,
    ...(fix === undefined ? {} : { fix }),
  };
}

/** The same value in the right type, where nothing is lost. */
function converted(key: string, value: GgufValue, type: EntryType) {
  if (type === 'array of int32' || type === 'array of float32')
    return convertedArray(key, value, type);
  if (value.type === 'array' || value.type === 'string') return undefined;
  const number = Number(value.value);
  switch (type) {
    case 'uint32':
    case 'uint32 or one a layer':
      return Number.isInteger(number) && number >= 0 && number < 2 ** 32 && value.type !== 'bool'
        ? numberFix(key, 'uint32', number)
        : undefined;
    case 'float32':
      return Number.isFinite(number) && value.type !== 'bool'
        ? numberFix(key, 'float32', number)
        : undefined;
    case 'bool':
      return number === 0 || number === 1
        ? copyFix(key, { type: 'bool', value: number === 1 })
        : undefined;
    default:
      return undefined;
  }
}

function convertedArray(
  key: string,
  value: GgufValue,
  type: 'array of int32' | 'array of float32',
) {
  if (value.type !== 'array' || value.elementType === 'array' || value.elementType === 'string') {
    return undefined;
  }
  const elements = Array.from<number | bigint | boolean>(value.value).map(Number);
  if (type === 'array of int32') {
    const fits = elements.every(
      (element) => Number.isInteger(element) && Math.abs(element) < 2 ** 31,
    );
    return fits
      ? copyFix(key, { type: 'array', elementType: 'int32', value: elements })
      : undefined;
  }
  return elements.every(Number.isFinite)
    ? copyFix(key, { type: 'array', elementType: 'float32', value: elements })
    : undefined;
}
