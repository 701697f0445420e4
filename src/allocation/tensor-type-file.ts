// llama-quantize's --tensor-type-file (tools/quantize/quantize.cpp, parse_tensor_type_file): REGEX=TYPE, separated by white
// space; the pattern ends at the first equals sign, is lower-cased, and is searched for in tensor names; the first match wins.
import { StudioError } from '#src/errors/studio-error.ts';
import { ggmlTypeByName, ggmlTypes, type GgmlType } from '#src/tensors/ggml-types.ts';

export interface TensorType {
  readonly name: string;
  readonly type: GgmlType;
}

/** Far more than any model has tensors. */
const maximumEntries = 200_000;

/**
 * A pattern that finds this name and no other. What the file's form cannot carry (capitals, white space, equals signs)
 * stands as any character.
 */
export function anchoredPattern(name: string): string {
  const escaped = name
    .replace(/[.*+?^${}()|[\]\\]/g, (character) => `\\${character}`)
    .replace(/[^\x20-\x7e]/gu, '.+')
    .replace(/[A-Z\s=]/g, '.');
  return `^${escaped}$`;
}

/** The text of a file with one line per tensor. Throws `quantize/failed` where two names could not be told apart. */
export function formatTensorTypeFile(tensors: readonly TensorType[]): string {
  const lines = tensors.map(
    ({ name, type }) => `${anchoredPattern(name)}=${ggmlTypes[type].ggmlName}`,
  );
  const text = `${lines.join('\n')}\n`;
  const entries = parseTensorTypeFile(text, 'the list of types');
  const plain = /^[a-z0-9._-]*$/;
  for (const { name, type } of tensors) {
    if (plain.test(name)) continue;
    if (typeInFile(entries, name) === type) continue;
    throw new StudioError(
      'quantize/failed',
      `A tensor type file cannot name ${name} apart from the model's other tensors.`,
      { hint: 'Rename the tensor, or leave --tensor-type-file out.' },
    );
  }
  return text;
}

/** Throws `usage/invalid` for what llama-quantize refuses. `label` names the file. */
export function parseTensorTypeFile(
  text: string,
  label: string,
): (readonly [pattern: string, type: GgmlType])[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  if (words.length > maximumEntries) {
    throw new StudioError('usage/invalid', `${label} has ${words.length} entries.`, {
      hint: `At most ${maximumEntries} are read.`,
    });
  }
  return words.map((word) => {
    const equals = word.indexOf('=');
    const type = ggmlTypeByName(word.slice(equals + 1));
    if (equals < 1 || type === undefined) {
      throw new StudioError(
        'usage/invalid',
        `${label}: "${word.slice(0, 200)}" is not REGEX=TYPE.`,
        {
          hint: 'Write a pattern and a type: attn_v=q6_k.',
        },
      );
    }
    return [word.slice(0, equals).toLowerCase(), type] as const;
  });
}

/** The type of the first entry that matches, as llama-quantize finds it. */
export function typeInFile(
  entries: readonly (readonly [pattern: string, type: GgmlType])[],
  name: string,
): GgmlType | undefined {
  return entries.find(([pattern]) => new RegExp(pattern).test(name))?.[1];
}
