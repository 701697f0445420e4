// The ids of tokens with a role: inside the vocabulary, and of a token that can have it. A plain word as end of sequence stops
// every answer at it; an end that generation does not know never stops it.
import type { Draft } from '../findings.ts';
import { entryNumber } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { numberFix } from '../metadata/fix-value.ts';
import { endTokens } from './end-tokens.ts';
import type { KnownTokenizer } from './known-tokenizers.ts';
import { isSpecialType, looksSpecial, specialId, type Vocabulary } from './vocabulary.ts';

const roles = [
  'bos', 'eos', 'eot', 'eom', 'unknown', 'seperator', 'padding', 'mask', 'cls', 'fim_pre', 'fim_suf', 'fim_mid',
  'fim_pad', 'fim_rep', 'fim_sep', 'prefix', 'suffix', 'middle',
] as const; // prettier-ignore

/** Roles that a plain word cannot have: generation starts or stops at them. */
const rolesOfMarks = new Set<string>(['bos', 'eos', 'eot', 'eom']);

export interface SpecialIdOptions {
  /** Texts by which the template ends an answer, in its order; empty without one. */
  readonly closing: readonly number[];
  readonly known: KnownTokenizer | undefined;
  readonly source: readonly GgufEntry[] | undefined;
}

export function checkSpecialIds(vocabulary: Vocabulary, options: SpecialIdOptions): Draft[] {
  const findings = roles.flatMap((role) => checkRole(vocabulary, role, options));
  const defaulted = checkDefault(vocabulary, options);
  const hasFinding = [...findings, ...defaulted].some(({ keys = [] }) =>
    keys.some((key) => key.includes('eos') || key.includes('eot')),
  );
  return [...findings, ...defaulted, ...(hasFinding ? [] : checkEnd(vocabulary, options))];
}

function keyOf(role: string): string {
  return `tokenizer.ggml.${role}_token_id`;
}

function checkRole(vocabulary: Vocabulary, role: string, options: SpecialIdOptions): Draft[] {
  const { tokens, types } = vocabulary;
  const id = specialId(vocabulary, role);
  if (id === undefined) return [];
  const token = tokens[id];
  const isMark = token !== undefined && (isSpecialType(types?.[id]) || looksSpecial(token));
  if (token !== undefined && (isMark || !rolesOfMarks.has(role))) return [];
  const right = rightId(vocabulary, role, options);
  // The source has it so: odd, but the model's own.
  if (right === id) return [];
  const key = keyOf(role);
  return [
    {
      code: 'tokenizer/special-id',
      ...(rolesOfMarks.has(role) ? {} : { severity: 'warning' as const }),
      message:
        token === undefined
          ? `${key} is ${id}, but the vocabulary has ${tokens.length} tokens.`
          : `${key} is ${id}, the plain token ${JSON.stringify(token.slice(0, 40))}.`,
      evidence: { id, token: token ?? null, right: right ?? null },
      keys: [key],
      remedy:
        right === undefined
          ? 'Name the model that the file was made from (--source).'
          : `Sets ${key} to ${right}, ${JSON.stringify(tokens[right])}.`,
      ...(right === undefined ? {} : { fix: numberFix(key, 'uint32', right) }),
    },
  ];
}

/** Byte-level BPE without an end takes token 11, Falcon's. */
function checkDefault(vocabulary: Vocabulary, options: SpecialIdOptions): Draft[] {
  const { model, tokens, types } = vocabulary;
  const falcon = tokens[11];
  if (model !== 'gpt2' || specialId(vocabulary, 'eos') !== undefined || falcon === undefined)
    return [];
  if (isSpecialType(types?.[11]) || looksSpecial(falcon)) return [];
  const right = rightId(vocabulary, 'eos', options);
  return [
    {
      code: 'tokenizer/special-id',
      message: `The file states no token that ends a sequence; llama.cpp then takes 11, ${JSON.stringify(falcon.slice(0, 40))}.`,
      evidence: { token: falcon, right: right ?? null },
      keys: [keyOf('eos')],
      remedy:
        right === undefined
          ? 'Name the model that the file was made from (--source).'
          : `Sets ${keyOf('eos')} to ${right}, ${JSON.stringify(tokens[right])}.`,
      ...(right === undefined ? {} : { fix: numberFix(keyOf('eos'), 'uint32', right) }),
    },
  ];
}

/** Generation has to stop where the template closes an answer, and where all models of this tokenizer stop. */
function checkEnd(vocabulary: Vocabulary, { closing, known }: SpecialIdOptions): Draft[] {
  const { tokens, idOf } = vocabulary;
  const stops = endTokens(vocabulary);
  const last = closing.at(-1);
  if (last !== undefined && !closing.some((id) => stops.has(id))) {
    const key = keyOf('eot');
    return [
      {
        code: 'tokenizer/end-token',
        message: `The chat template ends an answer with ${JSON.stringify(tokens[last])}, at which generation does not stop: answers never end.`,
        evidence: { closing: tokens[last], stops: [...stops].map((id) => tokens[id] ?? id) },
        keys: [key, keyOf('eos')],
        remedy: `Sets ${key} to ${last}, ${JSON.stringify(tokens[last])}.`,
        fix: numberFix(key, 'uint32', last),
      },
    ];
  }
  const end = known?.end === undefined ? undefined : idOf.get(known.end);
  const eos = specialId(vocabulary, 'eos');
  if (end === undefined || eos === undefined || eos === end) return [];
  if (specialId(vocabulary, 'eot') === end) return [];
  const key = keyOf('eos');
  return [
    {
      code: 'tokenizer/end-token',
      message: `${key} is ${JSON.stringify(tokens[eos])}; models of ${known?.name ?? ''} end their answers with ${JSON.stringify(tokens[end])}.`,
      evidence: { eos: tokens[eos], end: tokens[end] },
      keys: [key],
      remedy: `Sets ${key} to ${end}, ${JSON.stringify(tokens[end])}.`,
      fix: numberFix(key, 'uint32', end),
    },
  ];
}

/** By the source, what is known of the tokenizer, how the template closes answers, or the only token of a usual name. */
function rightId(
  { idOf, tokens }: Vocabulary,
  role: string,
  { closing, known, source }: SpecialIdOptions,
): number | undefined {
  const given = source === undefined ? undefined : entryNumber(source, keyOf(role));
  if (given !== undefined && given < tokens.length) return given;
  if (role === 'eos' || role === 'eot') {
    const end = known?.end === undefined ? undefined : idOf.get(known.end);
    if (end !== undefined) return end;
    if (closing.length > 0) return closing.at(-1);
  }
  const usual = usualNames[role] ?? [];
  const present = usual.flatMap((name) => idOf.get(name) ?? []);
  return present.length === 1 ? present[0] : undefined;
}

const usualNames: Readonly<Record<string, readonly string[]>> = {
  bos: [
    '<s>',
    '<bos>',
    '<|begin_of_text|>',
    '<|endoftext|>',
    '<BOS_TOKEN>',
    '<｜begin▁of▁sentence｜>',
  ],
  eos: ['</s>', '<eos>', '<|end_of_text|>', '<|endoftext|>', '<｜end▁of▁sentence｜>'],
  unknown: ['<unk>', '[UNK]', '<|endoftext|>'],
  padding: ['<pad>', '[PAD]', '<|endoftext|>', '</s>'],
  seperator: ['[SEP]', '</s>'],
  mask: ['[MASK]', '<mask>'],
};
