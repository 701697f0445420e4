import { describe, expect, it } from 'vitest';
import { gpt2Vocabulary } from '#src/architectures/vocabulary/byte-pair-vocabulary.ts';
import { readVocabularySource } from '#src/architectures/vocabulary/vocabulary-source.ts';
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import { parseSentencePieceModel } from '#src/formats/sentencepiece/model.ts';
import { bytePairTokenizer, sentencePieceTokenizer } from '#test/helpers/build-tokenizer-files.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';
import { mutate, mutateNumbers } from './mutations.ts';
import { runCases } from './run-cases.ts';

const model = sentencePieceTokenizer({ tokenizerClass: 'LlamaTokenizer' })['tokenizer.model'] as Uint8Array; // prettier-ignore
const tokenizer = JSON.stringify(
  bytePairTokenizer('gpt2', ['<|end|>', '<|pad|>'])['tokenizer.json'],
);

describe('damaged tokenizers', () => {
  it('of SentencePiece are refused with a reason, or hold sensible pieces', async () => {
    const outcome = await runCases({
      seed: 4_711,
      cases: 2_000,
      label: 'damaged.model',
      make: (random) => mutate(model, random),
      async read(source) {
        const bytes = await readBytes(source, 0, source.size);
        const { pieces } = parseSentencePieceModel(bytes, source.label);
        expect(pieces.every(({ text, score }) => text !== '' && Number.isFinite(score))).toBe(true);
      },
    });
    expect(outcome.accepted).toBeGreaterThan(50);
    expect(outcome.refused['huggingface/invalid']).toBeGreaterThan(500);
    expect(outcome.refused['format/truncated']).toBeGreaterThan(100);
  });

  it('of tokenizer.json are refused with a reason, or give as many types as tokens', async () => {
    const outcome = await runCases({
      seed: 1_234,
      cases: 400,
      label: 'damaged',
      make(random) {
        const text = new TextEncoder().encode(mutateNumbers(tokenizer, random));
        return random.below(2) === 0 ? text : mutate(text, random);
      },
      async read(source) {
        const bytes = await readBytes(source, 0, source.size);
        const folder = memoryFolder({ 'tokenizer.json': bytes }, 'damaged');
        const entries = await gpt2Vocabulary(
          await readVocabularySource(folder, { vocab_size: 512 }),
        );
        const lengths = entries
          .filter(({ key }) => /tokens$|token_type$/.test(key))
          .map(({ value }) => (value.type === 'array' ? value.value.length : 0));
        expect(lengths).toEqual([512, 512]);
      },
    });
    expect(outcome.refused['huggingface/invalid']).toBeGreaterThan(100);
  });
});
