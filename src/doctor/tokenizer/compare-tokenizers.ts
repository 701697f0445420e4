// The tokenizer's entries against the source's: quantizing changes none. Single elements of long lists are named, so that a
// repair changes only them.
import type { Draft } from '../findings.ts';
import { entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufEntry, GgufValue } from '#src/formats/gguf/types.ts';
import { sameValue, shown } from '../metadata/compare-with-source.ts';
import { copyFix } from '../metadata/fix-value.ts';
import { tokenKeys } from './vocabulary.ts';

/** More differences than that are another list. */
const singleElements = 1_000;

/** `known` keys have findings already; the template has a check of its own. */
export function compareTokenizers(
  metadata: readonly GgufEntry[],
  source: readonly GgufEntry[],
  known: ReadonlySet<string>,
): Draft[] {
  return source.flatMap(({ key, value }) => {
    if (!key.startsWith('tokenizer.ggml.') || known.has(key)) return [];
    const found = entryValue(metadata, key);
    if (found === undefined)
      return isHarmless(key, value) ? [] : [different(key, undefined, value)];
    if (sameValue(found, value)) return [];
    return [different(key, found, value)];
  });
}

function different(key: string, found: GgufValue | undefined, value: GgufValue): Draft {
  const elements = found === undefined ? undefined : differingElements(found, value);
  const fix =
    elements === undefined ? copyFix(key, value) : { kind: 'set-elements' as const, key, elements };
  const [first] = elements ?? [];
  return {
    code: 'tokenizer/differs',
    message:
      elements !== undefined && first !== undefined
        ? `${elements.length === 1 ? 'One element' : `${elements.length} elements`} of ${key} ${elements.length === 1 ? 'differs' : 'differ'} from the source, the first at ${first.index}.`
        : found === undefined
          ? `The source has ${key} (${shown(value)}); the file does not state it.`
          : `${key} is ${shown(found)}; in the source it is ${shown(value)}.`,
    evidence: {
      file: found === undefined ? null : shown(found),
      source: shown(value),
      ...(elements === undefined ? {} : { elements: elements.slice(0, 20) }),
    },
    keys: [key],
    ...(fix === undefined ? {} : { fix }),
  };
}

/** Undefined when the lists are of other lengths or types, or differ all over. */
function differingElements(
  found: GgufValue,
  value: GgufValue,
): { index: number; value: string | number }[] | undefined {
  if (found.type !== 'array' || value.type !== 'array') return undefined;
  if (found.elementType !== value.elementType || found.value.length !== value.value.length) {
    return undefined;
  }
  const elements: { index: number; value: string | number }[] = [];
  for (let index = 0; index < value.value.length; index++) {
    const right = value.value[index];
    if (right === found.value[index]) continue;
    if (typeof right !== 'string' && typeof right !== 'number') return undefined;
    elements.push({ index, value: right });
    if (elements.length > singleElements) return undefined;
  }
  return elements;
}

/** Entries that older conversions did not write and that change nothing where they say what is taken anyway. */
function isHarmless(key: string, value: GgufValue): boolean {
  if (key === tokenKeys.pre) return value.value === 'default';
  return (
    value.value === false ||
    /(?:add_space_prefix|remove_extra_whitespaces|token_type_count|unknown_token_id|padding_token_id|mask_token_id|seperator_token_id)$/.test(
      key,
    )
  );
}
