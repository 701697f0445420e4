// The splitting rules that tokenizer.json can state, in a comparable form, and those that llama.cpp implements.
// Patterns are the models' own, as their tokenizer.json spells them; llama.cpp's adaptations of them are in
// src/llama-vocab.cpp (llm_tokenizer_bpe).
import { arrayField, booleanField, isJsonObject, jsonField, stringField, type JsonObject, type JsonValue } from '#src/formats/huggingface/json.ts'; // prettier-ignore

/** One step of a pre-tokenizer as text: `split PATTERN`, `digits one`, `bytes words` and so on. */
export type SplitStep = string;

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const lineEnds = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;
const upperThenLower = String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`;
const upperRun = String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`;

const llama3 = String.raw`${contractions}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|${lineEnds}`;
const qwen2 = String.raw`${contractions}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|${lineEnds}`;
const qwen35 = String.raw`${contractions}|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|${lineEnds}`;
const tekken = String.raw`${upperThenLower}|${upperRun}|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|${lineEnds}`;
const gpt4o = String.raw`${upperThenLower}${contractions}?|${upperRun}${contractions}?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|${lineEnds}`;
const deepSeek3 =
  '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+';
const chineseWords = '[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+';
const deepSeekLetters =
  '\\s?[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\u{10400}-\u{1044f}\u{104b0}-\u{104d3}\u{104d8}-\u{104fb}\u{10c80}-\u{10cb2}\u{10cc0}-\u{10cf2}\u{118a0}-\u{118df}\u{1e900}-\u{1e943}]+';
const deepSeekPunctuation = '\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+';
const bloomWords = ' ?[^(\\s|[.,!?…。，、।۔،])]+';

export interface PreTokenizerRule {
  readonly steps: readonly SplitStep[];
  /**
   * The name for a tokenizer of these rules whose hash the reference does not know. A pair where two names differ only
   * in cleaning spaces after decoding: [as tokenizer_config.json says true, false]. Absent when only a hash decides.
   */
  readonly name?: string | readonly [string, string];
  /** The model's `ignore_merges` that llama.cpp implements for `name`; undefined when both give the same. */
  readonly ignoreMerges?: boolean;
}

const split = (pattern: string): SplitStep => `split ${pattern}`;

/** First match wins. */
export const preTokenizerRules: readonly PreTokenizerRule[] = [
  { steps: ['bytes words'], name: 'gpt-2', ignoreMerges: false },
  { steps: ['digits one', 'bytes words'], name: ['starcoder', 'smollm'], ignoreMerges: false },
  { steps: [split(llama3), 'bytes'], name: 'llama-bpe', ignoreMerges: true },
  { steps: [split(llama3), 'bytes'], name: 'dbrx', ignoreMerges: false },
  { steps: [split(qwen2), 'bytes'], name: ['stablelm2', 'qwen2'], ignoreMerges: false },
  { steps: [split(qwen35), 'bytes'], name: 'qwen35', ignoreMerges: false },
  { steps: [split(tekken), 'bytes'], name: 'tekken', ignoreMerges: true },
  { steps: [split(gpt4o), 'bytes'], name: 'gpt-4o', ignoreMerges: false },
  {
    steps: [split('[\r\n]'), split('\\s?\\p{L}+'), split('\\s?\\p{P}+'), split(chineseWords), 'digits one', 'bytes'], // prettier-ignore
    name: 'deepseek-coder',
    ignoreMerges: false,
  },
  {
    steps: [split('[\r\n]'), split(deepSeekLetters), split(deepSeekPunctuation), split('\\s+$'), split(chineseWords), 'digits one', 'bytes'], // prettier-ignore
    name: 'deepseek-llm',
    ignoreMerges: false,
  },
  {
    steps: [
      split('\\p{N}{1,3}'),
      split('[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+'),
      split(deepSeek3),
      'bytes',
    ],
    name: 'deepseek-v3',
    ignoreMerges: false,
  },
  {
    steps: ['punctuation runs', 'bytes words', 'digits run', split('[0-9][0-9][0-9]')],
    name: 'falcon',
    ignoreMerges: false,
  },
  { steps: [split(bloomWords), 'bytes'], name: ['bloom', 'poro-chat'], ignoreMerges: false },
  { steps: [split(bloomWords), 'digits one', 'bytes'], name: 'viking', ignoreMerges: false },
  { steps: ['bert'], name: 'bert-bge' },
  // Gemma's BPE over SentencePiece pieces: the reference knows some by their hash.
  { steps: ['spaces'] },
];

/** The steps of tokenizer.json's pre_tokenizer; a rule that is not known gives `unknown JSON`. */
export function splitSteps(preTokenizer: JsonValue | undefined): SplitStep[] {
  if (!isJsonObject(preTokenizer)) return [];
  return stringField(preTokenizer, 'type') === 'Sequence'
    ? arrayField(preTokenizer, 'pretokenizers').flatMap(splitSteps)
    : [splitStep(preTokenizer)];
}

function splitStep(rule: JsonObject): SplitStep {
  switch (stringField(rule, 'type')) {
    case 'ByteLevel':
      return (booleanField(rule, 'use_regex') ?? true) ? 'bytes words' : 'bytes';
    case 'Digits':
      return booleanField(rule, 'individual_digits') === true ? 'digits one' : 'digits run';
    case 'Punctuation':
      if (stringField(rule, 'behavior') === 'Contiguous') return 'punctuation runs';
      break;
    case 'BertPreTokenizer':
      return 'bert';
    case 'Split': {
      const pattern = stringField(jsonField(rule, 'pattern'), 'Regex');
      if (pattern !== undefined && keepsMatches(rule)) return split(pattern);
      if (stringField(jsonField(rule, 'pattern'), 'String') === ' ') return 'spaces';
      break;
    }
    default:
  }
  return `unknown ${JSON.stringify(rule)}`;
}

/** The pieces are the matches: everything between matches isolated, or everything but matches removed. */
function keepsMatches(rule: JsonObject): boolean {
  const behaviour = stringField(rule, 'behavior');
  const inverted = booleanField(rule, 'invert') ?? false;
  return (behaviour === 'Isolated' && !inverted) || (behaviour === 'Removed' && inverted);
}
