import { describe, expect, it } from 'vitest';
import promptsFile from '../../../../configs/validation_prompts.json' with { type: 'json' };
import {
  boolEntry,
  stringArrayEntry,
  stringEntry,
  uint32Entry,
} from '#src/formats/gguf/entries.ts';
import { readChatTemplate } from '#src/stages/validate/ask-as-chat.ts';
import { cosine } from '#src/stages/validate/check-embeddings.ts';
import { endsInOneToken, greedyToken } from '#src/stages/validate/check-generation.ts';
import { isEmbeddingModel } from '#src/stages/validate/validate-model.ts';
import { parseValidationPrompts } from '#src/stages/validate/validation-prompts.ts';

describe('endsInOneToken', () => {
  const tokens = (varied: number, same: number) => [
    ...Array.from({ length: varied }, (_, index) => index),
    ...Array.from({ length: same }, () => 7),
  ];
  it('is true when one id fills the last 32 of 64', () => {
    expect(endsInOneToken(tokens(32, 32))).toBe(true);
    expect(endsInOneToken(tokens(0, 64))).toBe(true);
  });
  it('is false for 31 of them, for a pattern, and for an answer that ended', () => {
    expect(endsInOneToken(tokens(33, 31))).toBe(false);
    expect(endsInOneToken(Array.from({ length: 64 }, (_, index) => index % 2))).toBe(false);
    expect(endsInOneToken(tokens(0, 40))).toBe(false);
  });
});

describe('greedyToken', () => {
  it('takes the first of the highest', () => {
    expect(greedyToken(Float32Array.of(1, 3, 3, 2))).toEqual({
      token: 1,
      finite: true,
      equal: false,
    });
  });
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('sees %d', (value) => {
    expect(greedyToken(Float32Array.of(1, value, 2)).finite).toBe(false);
  });
  it('sees logits that are all equal', () => {
    expect(greedyToken(new Float32Array(5)).equal).toBe(true);
  });
});

describe('cosine', () => {
  it('is 1 for the same direction, 0 for a right angle', () => {
    expect(cosine(Float32Array.of(1, 2), Float32Array.of(2, 4))).toBeCloseTo(1, 12);
    expect(cosine(Float32Array.of(1, 0), Float32Array.of(0, 3))).toBe(0);
  });
});

describe('isEmbeddingModel', () => {
  const architecture = stringEntry('general.architecture', 'bert');
  it('goes by attention and pooling, not by names', () => {
    expect(isEmbeddingModel([architecture])).toBe(false);
    expect(isEmbeddingModel([architecture, boolEntry('bert.attention.causal', false)])).toBe(true);
    expect(isEmbeddingModel([architecture, boolEntry('bert.attention.causal', true)])).toBe(false);
    expect(isEmbeddingModel([architecture, uint32Entry('bert.pooling_type', 3)])).toBe(true);
    expect(isEmbeddingModel([architecture, uint32Entry('bert.pooling_type', 0)])).toBe(false);
  });
});

describe('readChatTemplate', () => {
  const prompt = { id: 'p', text: 'Hello' };
  const template = (text: string) => [
    stringEntry('tokenizer.chat_template', text),
    stringArrayEntry('tokenizer.ggml.tokens', ['<s>', '</s>']),
    uint32Entry('tokenizer.ggml.bos_token_id', 0),
    uint32Entry('tokenizer.ggml.eos_token_id', 1),
  ];
  it('asks through the template, and leaves the beginning of a sequence to it', () => {
    const text =
      '{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}';
    const { ask, problem } = readChatTemplate(template(text));
    expect(problem).toBeUndefined();
    expect(ask(prompt)).toEqual({ id: 'p', text: '<s>[user] Hello[assistant]', addSpecial: false });
  });
  it('asks plainly without a template', () => {
    expect(readChatTemplate([]).ask(prompt)).toEqual({ ...prompt, addSpecial: true });
  });
  it.each([
    ['{% for', /./],
    ['{{ raise_exception("no users") }}', /no users/],
    ['fixed text', /drops what the user says/],
    [`{{ messages[0].content }}${' '.repeat(300_000)}`, /300025 characters/],
  ])('says why a template is not used (%#)', (text, reason) => {
    const { ask, problem } = readChatTemplate(template(text));
    expect(problem).toMatch(reason);
    expect(ask(prompt).text).toBe('Hello');
  });
});

describe('configs/validation_prompts.json', () => {
  it('is sound, with distinct prompts', () => {
    const { prompts } = parseValidationPrompts(promptsFile, 'validation_prompts.json');
    expect(new Set(prompts.map(({ id }) => id)).size).toBe(prompts.length);
    expect(new Set(prompts.map(({ text }) => text)).size).toBe(prompts.length);
  });
  it('that is wrong is refused with the field', () => {
    expect(() => parseValidationPrompts({ version: 1, prompts: [] }, 'x.json')).toThrow(
      /x\.json: /,
    );
  });
});
