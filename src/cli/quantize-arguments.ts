// llama-quantize's small languages: REGEX=TYPE, KEY=TYPE:VALUE, L0,L1,... and the forms of its positional arguments.
// Reference: tools/quantize/quantize.cpp and string_parse_kv_override in common/common.cpp of llama.cpp v0.5.0.
import { readFileSync } from 'node:fs';
import type { MetadataOverride } from '#src/contract/outputs.ts';
import { toIoError } from '#src/io/io-error.ts';
import { ggmlTypeByName, ggmlTypes, type GgmlType } from '#src/tensors/ggml-types.ts';
import { levels, parseLevel, type Level } from '#src/tensors/levels.ts';
import { nearestName } from './nearest-name.ts';
import { usageError } from './usage-error.ts';

export interface NamedLevel {
  readonly level: Level | 'COPY';
  /** As llama-quantize writes it into the name ggml-model-<NAME>.gguf. */
  readonly name: string;
}

/** A level by name, alias or number, as try_parse_ftype reads it; undefined when it is none. */
export function parseLevelArgument(text: string): NamedLevel | undefined {
  const name = text.toUpperCase();
  if (name === 'COPY') return { level: 'COPY', name };
  const level = parseLevel(text);
  if (level !== undefined) return { level, name };
  if (!/^\d+$/.test(text)) return undefined;
  const found = Object.entries(levels).find(([, { fileType }]) => fileType === Number(text));
  return found === undefined ? undefined : { level: found[0] as Level, name: found[0] };
}

/** An element type by libggml's name, in any case. Throws `usage/invalid` with the nearest one. */
export function parseTypeArgument(text: string, flag: string): GgmlType {
  const type = ggmlTypeByName(text);
  if (type !== undefined) return type;
  const names = Object.values(ggmlTypes).map(({ ggmlName }) => ggmlName);
  const nearest = nearestName(text, names);
  throw usageError(
    `${flag}: there is no type "${text}".`,
    nearest === undefined ? `Types: ${names.join(', ')}.` : `Did you mean ${nearest}?`,
  );
}

/** `REGEX=TYPE`; the pattern ends at the first equals sign and is lower-cased, as llama-quantize does. */
export function parseTensorType(text: string, flag: string): [string, GgmlType] {
  const equals = text.indexOf('=');
  if (equals < 1 || equals === text.length - 1) {
    throw usageError(`${flag} got "${text}".`, 'Write a pattern and a type: attn_v=q6_k.');
  }
  const pattern = text.slice(0, equals).toLowerCase();
  return [pattern, parseTypeArgument(text.slice(equals + 1), flag)];
}

/** A file of REGEX=TYPE, separated by white space. Throws `io/not-found` and `usage/invalid`. */
export function readTensorTypeFile(path: string): [string, GgmlType][] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw toIoError(error, path);
  }
  const words = text.split(/\s+/).filter((word) => word !== '');
  return words.map((word) => parseTensorType(word, path));
}

/** `0,3,4`: sorted, each once. */
export function parsePruneLayers(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  const wrong = parts.find((part) => !/^\d{1,6}$/.test(part));
  if (wrong !== undefined) {
    throw usageError(
      `--prune-layers got "${text}".`,
      'Write layer numbers, from 0, separated by commas.',
    );
  }
  return [...new Set(parts.map(Number))].sort((left, right) => left - right);
}

/** `KEY=TYPE:VALUE` with the types int, float, bool and str. */
export function parseMetadataOverride(text: string): MetadataOverride {
  const malformed = (problem: string) =>
    usageError(
      `--override-kv got "${text}": ${problem}.`,
      'Write KEY=TYPE:VALUE with TYPE int, float, bool or str: llama.rope.freq_base=float:10000.',
    );
  const match = /^([^=]+)=(int|float|bool|str):(.*)$/s.exec(text);
  if (match === null) throw malformed('it is not KEY=TYPE:VALUE');
  const [, key = '', type, value = ''] = match;
  if (new TextEncoder().encode(key).length > 127) throw malformed('the key has over 127 bytes');
  switch (type) {
    case 'int':
      if (!/^-?\d{1,15}$/.test(value)) throw malformed(`"${value}" is not a whole number`);
      return { key, type, value: Number(value) };
    case 'float':
      if (value.trim() === '' || !Number.isFinite(Number(value))) {
        throw malformed(`"${value}" is not a number`);
      }
      return { key, type, value: Number(value) };
    case 'bool':
      if (value !== 'true' && value !== 'false') throw malformed(`"${value}" is not true or false`);
      return { key, type, value: value === 'true' };
    default:
      if (new TextEncoder().encode(value).length > 127) {
        throw malformed('the value has over 127 bytes');
      }
      return { key, type: 'str', value };
  }
}
