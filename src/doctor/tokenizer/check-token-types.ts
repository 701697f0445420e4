// Types of tokens. A mark that is typed as plain text is cut into pieces in every prompt, and its end is never seen; plain
// text that is typed as control disappears from answers.
import type { Draft } from '../findings.ts';
import { tokenTypes } from '#src/architectures/vocabulary/token-types.ts';
import { endTexts } from './end-tokens.ts';
import { mergeHalves } from './merge-halves.ts';
import {
  isBytePair,
  isSurelySpecial,
  looksSpecial,
  specialId,
  tokenKeys,
  type Vocabulary,
} from './vocabulary.ts';

const named = 20;
const byteToken = /^<0x[0-9A-F]{2}>$/;

/** `marks` are texts that the chat template writes around messages. */
export function checkTokenTypes(vocabulary: Vocabulary, marks: ReadonlySet<string>): Draft[] {
  const { model, tokens, types, merges } = vocabulary;
  if (types === undefined || types.length < tokens.length) return [];
  const specialIds = new Set(
    ['bos', 'eos', 'eot', 'eom', 'seperator', 'mask'].map((name) => specialId(vocabulary, name)),
  );
  const made = new Set<string>();
  if (isBytePair(vocabulary)) {
    for (const merge of merges ?? []) {
      const { left, right } = mergeHalves(merge);
      made.add(left + right);
    }
  }
  const wrong: { index: number; token: string; type: number; right: number }[] = [];
  for (const [index, token] of tokens.entries()) {
    const type = types[index] ?? 0;
    const right = rightType(type, token, {
      isMark:
        isSurelySpecial(token) ||
        marks.has(token) ||
        (specialIds.has(index) && looksSpecial(token) && !made.has(token)),
      isMade: made.has(token),
      hasBytes: model === 'llama',
    });
    if (right !== type) wrong.push({ index, token, type, right });
  }
  if (wrong.length === 0) return [];
  const [first] = wrong;
  const shown = wrong
    .slice(0, 3)
    .map(
      ({ token, type, right }) =>
        `${JSON.stringify(token.slice(0, 40))} is ${nameOf(type)} instead of ${nameOf(right)}`,
    )
    .join(', ');
  const overridden = wrong.filter(({ token, right }) => right === tokenTypes.control && endTexts.has(token)); // prettier-ignore
  const isHarmful =
    overridden.length < wrong.filter(({ right }) => right === tokenTypes.control).length;
  const note =
    overridden.length === wrong.length
      ? ' llama.cpp corrects this by itself while it loads; other programs do not.'
      : '';
  return [
    {
      code: 'tokenizer/token-types',
      ...(isHarmful ? {} : { severity: 'warning' as const }),
      message: `${wrong.length === 1 ? 'A token has' : `${wrong.length} tokens have`} the wrong type: ${shown}${wrong.length > 3 ? ', ...' : ''}.${note}`,
      evidence: { count: wrong.length, tokens: wrong.slice(0, named) },
      keys: [tokenKeys.types],
      remedy: `Sets the type of ${wrong.length === 1 ? `token ${first?.index ?? 0}` : `${wrong.length} tokens`}.`,
      fix: {
        kind: 'set-elements',
        key: tokenKeys.types,
        elements: wrong.map(({ index, right }) => ({ index, value: right })),
      },
    },
  ];
}

interface Traits {
  readonly isMark: boolean;
  /** A merge makes it, so it is plain text. */
  readonly isMade: boolean;
  readonly hasBytes: boolean;
}

function rightType(type: number, token: string, { isMark, isMade, hasBytes }: Traits): number {
  if (hasBytes && byteToken.test(token)) return tokenTypes.byte;
  if (!Number.isInteger(type) || type < 1 || type > 6) {
    return isMark ? tokenTypes.control : tokenTypes.normal;
  }
  if (isMark && type === tokenTypes.normal) return tokenTypes.control;
  if (isMade && !isMark && type === tokenTypes.control) return tokenTypes.normal;
  return type;
}

function nameOf(type: number): string {
  const entry = Object.entries(tokenTypes).find(([, value]) => value === type);
  return entry === undefined ? `${type}` : entry[0].replace('userDefined', 'user-defined');
}
