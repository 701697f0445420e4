// Real tokenizers, cut down (test/golden/vocabulary/prune-tokenizers.py), and rules by themselves.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  nameOfHash,
  preTokenizerHash,
  recognizePreTokenizer,
} from '#src/architectures/vocabulary/recognize-pre-tokenizer.ts';
import { preTokenizerRules } from '#src/architectures/vocabulary/pre-tokenizer-rules.ts';
import { loadFastTokenizer } from '#src/formats/huggingface/fast-tokenizer.ts';
import type { JsonObject, JsonValue } from '#src/formats/huggingface/json.ts';
import { readTokenizerFiles } from '#src/formats/huggingface/tokenizer-files.ts';
import { openFolder } from '#src/io/folder.ts';
import { bytePairTokenizer } from '#test/helpers/build-tokenizer-files.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';
import { processorMilliseconds } from '#test/helpers/processor-time.ts';

interface RealTokenizer {
  readonly hash: string;
  readonly name: string;
  readonly settings: object;
  readonly tokenizer: JsonObject;
}

const realTokenizers = Object.entries(
  JSON.parse(
    readFileSync(
      new URL('../../../golden/vocabulary/real-tokenizers.json', import.meta.url),
      'utf8',
    ),
  ) as Record<string, RealTokenizer>,
);

async function load(tokenizer: object, settings: object = {}) {
  const files = { 'tokenizer.json': tokenizer, 'tokenizer_config.json': settings };
  return loadFastTokenizer(await readTokenizerFiles(memoryFolder(files, 'model')));
}

/** A tiny tokenizer, whose hash nobody knows, with other rules. */
async function tiny(changes: Record<string, JsonValue>, model: Record<string, JsonValue> = {}, settings: object = {}) {
  const tokenizer = bytePairTokenizer('gpt2', ['<|end|>'])['tokenizer.json'] as JsonObject;
  const base = tokenizer['model'] as JsonObject;
  return load({ ...tokenizer, ...changes, model: { ...base, ...model } }, settings);
} // prettier-ignore

const bytes = (words: boolean): JsonObject => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: words }); // prettier-ignore
const split = (pattern: string, more: JsonObject = {}): JsonObject => ({ type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false, ...more }); // prettier-ignore
const sequence = (...pretokenizers: JsonValue[]): JsonObject => ({
  type: 'Sequence',
  pretokenizers,
});
const digits: JsonObject = { type: 'Digits', individual_digits: true };

/** The rule of `name` in tokenizer.json's form, from the table's steps. */
function ruleOf(name: string): JsonObject {
  const steps = preTokenizerRules.find((rule) => rule.name === name)?.steps ?? [];
  const bySteps: Record<string, JsonObject> = {
    'bytes words': bytes(true),
    bytes: bytes(false),
    'digits one': digits,
    'digits run': { type: 'Digits', individual_digits: false },
    'punctuation runs': { type: 'Punctuation', behavior: 'Contiguous' },
  };
  return sequence(...steps.map((step) => bySteps[step] ?? split(step.slice('split '.length))));
}

describe('recognizing a pre-tokenizer', () => {
  it.each(realTokenizers)('finds the reference\u2019s hash and name for %s', async (_, real) => {
    const tokenizer = await load(real.tokenizer, real.settings);
    expect(await preTokenizerHash(tokenizer)).toBe(real.hash);
    expect(await recognizePreTokenizer(tokenizer)).toBe(real.name);
  });

  it('takes Seedling for gpt-2', async () => {
    const path = fileURLToPath(new URL('../../../../assets/seedling/seedling-4m', import.meta.url));
    const tokenizer = loadFastTokenizer(await readTokenizerFiles(await openFolder(path)));
    expect(nameOfHash(await preTokenizerHash(tokenizer))).toBeUndefined();
    expect(await recognizePreTokenizer(tokenizer)).toBe('gpt-2');
  });

  it.each([
    'qwen35',
    'gpt-4o',
    'deepseek-coder',
    'deepseek-llm',
    'deepseek-v3',
    'falcon',
    'viking',
  ])('goes by the rules of %s where no hash is known', async (name) => {
    expect(await recognizePreTokenizer(await tiny({ pre_tokenizer: ruleOf(name) }))).toBe(name);
  });

  it('tells Llama 3 from dbrx by whether merges are ignored', async () => {
    const rule = { pre_tokenizer: ruleOf('llama-bpe') };
    expect(await recognizePreTokenizer(await tiny(rule, { ignore_merges: true }))).toBe(
      'llama-bpe',
    );
    expect(await recognizePreTokenizer(await tiny(rule))).toBe('dbrx');
    const tekken = { pre_tokenizer: ruleOf('tekken') };
    expect(await recognizePreTokenizer(await tiny(tekken, { ignore_merges: true }))).toBe('tekken');
  });

  it('tells names of the same rules apart by whether spaces are cleaned up', async () => {
    const rule = { pre_tokenizer: sequence(digits, bytes(true)) };
    expect(await recognizePreTokenizer(await tiny(rule))).toBe('smollm');
    const cleaning = await tiny(rule, {}, { clean_up_tokenization_spaces: true });
    expect(await recognizePreTokenizer(cleaning)).toBe('starcoder');
  });

  it('takes "everything but matches removed" for "matches isolated"', async () => {
    const [pattern] = (ruleOf('dbrx')['pretokenizers'] as JsonObject[]).map(
      (rule) => rule['pattern'],
    );
    const removed = { type: 'Split', pattern: pattern ?? null, behavior: 'Removed', invert: true };
    const tokenizer = await tiny({ pre_tokenizer: sequence(removed, bytes(false)) });
    expect(await recognizePreTokenizer(tokenizer)).toBe('dbrx');
  });

  it('takes the name that the user gives, if llama.cpp knows it', async () => {
    const strange = await tiny({ pre_tokenizer: { type: 'Whitespace' } });
    expect(await recognizePreTokenizer(strange, { pre: 'qwen2' })).toBe('qwen2');
    const error = await expectRefusal(
      recognizePreTokenizer(strange, { pre: 'qwen-2' }),
      'tokenizer/unknown-pre',
      '"qwen-2"',
    );
    expect(error.hint).toContain('llama-bpe');
  });

  it('refuses unknown rules, naming the rule and asking for --pre', async () => {
    const tokenizer = await tiny({ pre_tokenizer: sequence(split('\\w{7}'), bytes(false)) });
    const error = await expectRefusal(
      recognizePreTokenizer(tokenizer),
      'tokenizer/unknown-pre',
      'split \\w{7}',
    );
    expect(error.hint).toContain('--pre NAME');
    expect(error.hint).toContain('gpt-2');
  });

  it('never runs an unknown pattern', async () => {
    const catastrophic = await tiny({
      pre_tokenizer: sequence(split('(\\s+)+$|((.)+)+X'), bytes(false)),
    });
    const start = processorMilliseconds();
    await expectRefusal(recognizePreTokenizer(catastrophic), 'tokenizer/unknown-pre');
    const inNormalizer = await tiny({
      normalizer: { type: 'Replace', pattern: { Regex: '((.)+)+X' }, content: '' },
    });
    await expectRefusal(recognizePreTokenizer(inNormalizer), 'tokenizer/unknown-pre');
    expect(processorMilliseconds() - start).toBeLessThan(2_000);
  });

  it.each<[string, Record<string, JsonValue>, Record<string, JsonValue>, object]>([
    ['another normalizer', { normalizer: { type: 'NFKC' } }, {}, {}],
    ['a leading space', { pre_tokenizer: { ...bytes(true), add_prefix_space: true } }, {}, { add_prefix_space: true }],
    ['ignored merges', {}, { ignore_merges: true }, {}],
  ])('refuses known rules with %s when no hash decides', async (_, changes, model, settings) => {
    const tokenizer = await tiny(changes, model, settings);
    await expectRefusal(recognizePreTokenizer(tokenizer), 'tokenizer/unknown-pre', /llama\.cpp does not|ignore_merges true/);
  }); // prettier-ignore

  it('refuses a tokenizer without a pre-tokenizer', async () => {
    const tokenizer = await tiny({ pre_tokenizer: null });
    await expectRefusal(
      recognizePreTokenizer(tokenizer),
      'tokenizer/unknown-pre',
      'no pre_tokenizer',
    );
  });
});
