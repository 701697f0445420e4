// The name of llama.cpp's pre-tokenizer for a tokenizer (`tokenizer.ggml.pre`). The tokenizer's own splitting rules have to
// be ones that llama.cpp implements; among names with the same rules the reference's hash of a test text decides
// (conversion/base.py, get_vocab_base_pre), and for tokenizers that it does not know the name of the rules.
import { StudioError } from '#src/errors/studio-error.ts';
import type { FastTokenizer } from '#src/formats/huggingface/fast-tokenizer.ts';
import { arrayField, booleanField, isJsonObject, jsonField, objectField, stringField, type JsonValue } from '#src/formats/huggingface/json.ts'; // prettier-ignore
import { createTokenCodec } from '#src/formats/huggingface/token-codec.ts';
import { preTokenizerHashes, preTokenizerTestText } from './pre-tokenizer-hashes.ts';
import { preTokenizerNames } from './pre-tokenizer-names.ts';
import { preTokenizerRules, splitSteps, type PreTokenizerRule, type SplitStep } from './pre-tokenizer-rules.ts'; // prettier-ignore
import type { VocabularyOptions } from './vocabulary-source.ts';

/** `options.pre` when given, else by rules and hash. Throws `tokenizer/unknown-pre`. */
export async function recognizePreTokenizer(
  tokenizer: FastTokenizer,
  options: Pick<VocabularyOptions, 'pre'> = {},
): Promise<string> {
  if (options.pre !== undefined) return checkedName(options.pre);
  const steps = splitSteps(jsonField(tokenizer.definition, 'pre_tokenizer'));
  const rules = preTokenizerRules.filter((rule) => sameSteps(rule.steps, steps));
  // Only known rules are run: a pattern of an untrusted file could take for ever on any text.
  if (rules.length === 0 || !hasKnownNormalizer(tokenizer)) throw unknownRules(tokenizer, steps);
  const hash = await preTokenizerHash(tokenizer);
  const known = nameOfHash(hash);
  if (known !== undefined) return known;
  const { name, reason } = nameOfRules(tokenizer, rules);
  if (name === undefined) throw undecided(tokenizer, steps, hash, reason ?? '');
  return name;
}

/** SHA-256 of the test text's ids, written as Python's `str` of a list. */
export async function preTokenizerHash(tokenizer: FastTokenizer): Promise<string> {
  const ids = createTokenCodec(tokenizer).encode(preTokenizerTestText);
  const bytes = new TextEncoder().encode(`[${ids.join(', ')}]`);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The reference's name for a hash, or undefined. */
export function nameOfHash(hash: string): string | undefined {
  return Object.entries(preTokenizerHashes).find(([, hashes]) => hashes.includes(hash))?.[0];
}

function sameSteps(left: readonly SplitStep[], right: readonly SplitStep[]): boolean {
  return left.length === right.length && left.every((step, index) => step === right[index]);
}

interface NameOrReason {
  readonly name?: string;
  /** Why the rules alone give no name. */
  readonly reason?: string;
}

/** Where llama.cpp would do something else than the tokenizer, the rules give no name. */
function nameOfRules(tokenizer: FastTokenizer, rules: readonly PreTokenizerRule[]): NameOrReason {
  const { definition } = tokenizer;
  const model = objectField(definition, 'model');
  const ignoreMerges = booleanField(model, 'ignore_merges') ?? false;
  const rule = rules.find((candidate) => (candidate.ignoreMerges ?? ignoreMerges) === ignoreMerges);
  if (rule === undefined) {
    return { reason: `no pre-tokenizer of these rules has ignore_merges ${ignoreMerges}` };
  }
  if (rule.name === undefined)
    return { reason: 'only tokenizers that the reference knows have them' };
  const isWordPiece = stringField(model, 'type') === 'WordPiece';
  if (isWordPiece !== (rule.steps[0] === 'bert')) {
    return { reason: `they do not go with a ${stringField(model, 'type') ?? ''} model` };
  }
  if (!isWordPiece && addsPrefixSpace(tokenizer)) {
    return { reason: 'llama.cpp does not put a space before the text, as this tokenizer does' };
  }
  const normalizer = jsonField(definition, 'normalizer');
  if (!isWordPiece && normalizes(normalizer)) {
    return {
      reason: `llama.cpp does not apply the normalizer ${shortened(JSON.stringify(normalizer))}`,
    };
  }
  return {
    name: typeof rule.name === 'string' ? rule.name : rule.name[tokenizer.cleanUpSpaces ? 0 : 1],
  };
}

/** Whether a normalizer changes more than the composition of characters (NFC), which llama.cpp leaves out as well. */
function normalizes(normalizer: JsonValue | undefined): boolean {
  if (!isJsonObject(normalizer)) return false;
  const type = stringField(normalizer, 'type');
  if (type === 'Sequence') return arrayField(normalizer, 'normalizers').some(normalizes);
  return type !== 'NFC';
}

function addsPrefixSpace({ definition, settings }: FastTokenizer): boolean {
  const visit = (rule: JsonValue | undefined): boolean =>
    isJsonObject(rule) &&
    (booleanField(rule, 'add_prefix_space') === true ||
      arrayField(rule, 'pretokenizers').some(visit));
  return (
    booleanField(settings, 'add_prefix_space') ?? visit(jsonField(definition, 'pre_tokenizer'))
  );
}

/** A normalizer may hold regular expressions too. */
function hasKnownNormalizer({ definition }: FastTokenizer): boolean {
  const visit = (rule: JsonValue | undefined): boolean =>
    !isJsonObject(rule) ||
    (stringField(jsonField(rule, 'pattern'), 'Regex') === undefined &&
      arrayField(rule, 'normalizers').every(visit));
  return visit(jsonField(definition, 'normalizer'));
}

function checkedName(name: string): string {
  if (preTokenizerNames.includes(name)) return name;
  throw new StudioError(
    'tokenizer/unknown-pre',
    `llama.cpp has no pre-tokenizer named ${JSON.stringify(name)}.`,
    {
      hint: `Give one of: ${preTokenizerNames.join(', ')}.`,
      details: { names: preTokenizerNames },
    },
  );
}

const namesHint = `If you know which of llama.cpp's pre-tokenizers it is, give it with --pre NAME: ${preTokenizerNames.join(', ')}.`;

function unknownRules(tokenizer: FastTokenizer, steps: readonly SplitStep[]): StudioError {
  const known = new Set(preTokenizerRules.flatMap((rule) => rule.steps));
  const strange = steps.filter((step) => !known.has(step));
  const what =
    steps.length === 0
      ? 'it has no pre_tokenizer'
      : strange.length > 0
        ? `the split rule ${strange.map(shortened).join(' and ')}`
        : `the split rules ${steps.map(shortened).join(', then ')}`;
  return new StudioError(
    'tokenizer/unknown-pre',
    `${tokenizer.label}: the pre-tokenizer is not known: ${what}.`,
    { hint: namesHint, details: { steps } },
  );
}

function undecided(
  tokenizer: FastTokenizer,
  steps: readonly SplitStep[],
  hash: string,
  reason: string,
): StudioError {
  return new StudioError(
    'tokenizer/unknown-pre',
    `${tokenizer.label}: the pre-tokenizer is not known: the split rules ${steps.map(shortened).join(', then ')} are, but ${reason}, and the reference does not know the hash ${hash}.`,
    { hint: namesHint, details: { steps, hash } },
  );
}

function shortened(step: SplitStep): string {
  return step.length > 300 ? `${step.slice(0, 300)}...` : step;
}
