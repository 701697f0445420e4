import { describe, expect, it } from 'vitest';
import { gpt2Vocabulary } from '#src/architectures/vocabulary/byte-pair-vocabulary.ts';
import { llamaVocabulary } from '#src/architectures/vocabulary/llama-vocabulary.ts';
import { phi3Vocabulary } from '#src/architectures/vocabulary/phi3-vocabulary.ts';
import { sentencePieceVocabulary } from '#src/architectures/vocabulary/sentence-piece-vocabulary.ts';
import { readVocabularySource } from '#src/architectures/vocabulary/vocabulary-source.ts';
import { wordPieceVocabulary } from '#src/architectures/vocabulary/word-piece-vocabulary.ts';
import { entryValue } from '#src/formats/gguf/entries.ts';
import {
  bytePairSize,
  bytePairTokenizer,
  sentencePieceSize,
  sentencePieceTokenizer,
  wordPieceSize,
  wordPieceTokenizer,
  type FolderFiles,
} from '#test/helpers/build-tokenizer-files.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';

async function source(files: FolderFiles, config: Record<string, unknown> = {}) {
  const notices: string[] = [];
  const onNotice = (message: string) => notices.push(message);
  return {
    ...(await readVocabularySource(memoryFolder(files, 'model'), config, { onNotice })),
    notices,
  };
}

const pieces = (config: Readonly<Record<string, unknown>> = {}) =>
  sentencePieceTokenizer({ tokenizerClass: 'LlamaTokenizer', config });
const words = bytePairTokenizer('gpt2', ['<|end|>']);

describe('hostile vocabularies', () => {
  it.each([0, -1, 1.5, 2 ** 30, 'many', [3], {}])('refuses the vocab_size %j', async (size) => {
    const from = await source(words, { vocab_size: size });
    await expectRefusal(gpt2Vocabulary(from), 'huggingface/invalid', 'vocab_size');
  });

  it('refuses a vocabulary that does not fit the embedding, naming the token', async () => {
    const from = await source(words, { vocab_size: bytePairSize });
    await expectRefusal(gpt2Vocabulary(from), 'huggingface/invalid', '"<|end|>"');
  });

  it('needs no vocab_size', async () => {
    const entries = await gpt2Vocabulary(await source(words));
    const tokens = entryValue(entries, 'tokenizer.ggml.tokens');
    expect(tokens?.type === 'array' && tokens.value.length).toBe(bytePairSize + 1);
  });

  it('leaves out added tokens outside the vocabulary and says so', async () => {
    const files = { ...pieces(), 'added_tokens.json': { '<late>': 9_999_999 } };
    const from = await source(files, { vocab_size: sentencePieceSize });
    expect(sentencePieceVocabulary(from)).not.toHaveLength(0);
    expect(from.notices).toEqual([expect.stringContaining('9999999')]);
  });

  it('leaves out special ids outside the vocabulary and says so', async () => {
    const files = { ...pieces(), 'config.json': { pad_token_id: -1, eos_token_id: 10_000 } };
    const from = await source(files, { vocab_size: sentencePieceSize });
    const entries = sentencePieceVocabulary(from);
    expect(entryValue(entries, 'tokenizer.ggml.padding_token_id')).toBeUndefined();
    expect(from.notices).toHaveLength(2);
  });

  it.each([
    ['no number', { '<a>': 'x' }],
    ['negative', { '<a>': -3 }],
    ['fractional', { '<a>': 2.5 }],
  ])('refuses an added token whose id is %s', async (_, added) => {
    const from = await source({ ...pieces(), 'added_tokens.json': added });
    expect(() => sentencePieceVocabulary(from)).toThrow('"<a>" has no valid id');
  });

  it('refuses an entry of added_tokens_decoder without content', async () => {
    const from = await source(pieces({ added_tokens_decoder: { 7: { special: true } } }));
    expect(() => sentencePieceVocabulary(from)).toThrow('added token 7 has no content');
  });

  it('refuses phi3 without tokenizer.model', async () => {
    const from = await source(words);
    await expectRefusal(phi3Vocabulary(from), 'tokenizer/unsupported', 'tokenizer.model');
  });

  it('refuses llama with nothing, and with a Unigram tokenizer', async () => {
    await expectRefusal(llamaVocabulary(await source({})), 'tokenizer/unsupported');
    const unigram = { model: { type: 'Unigram', vocab: [['<unk>', 0]] } };
    const from = await source({ 'tokenizer.json': unigram });
    await expectRefusal(llamaVocabulary(from), 'tokenizer/unsupported', 'Unigram');
  });

  it('refuses a type_vocab_size that is no count', async () => {
    const from = await source(wordPieceTokenizer(), {
      vocab_size: wordPieceSize,
      type_vocab_size: 1e12,
    });
    await expectRefusal(wordPieceVocabulary(from), 'huggingface/invalid', 'type_vocab_size');
  });

  it('lists named chat templates in file order', async () => {
    const files = {
      ...words,
      'tokenizer_config.json': {},
      'chat_template.jinja': 'main',
      'additional_chat_templates/b.jinja': 'second',
      'additional_chat_templates/a.jinja': 'first',
      'additional_chat_templates/notes.txt': 'ignored',
    };
    const settings = { ...(words['tokenizer_config.json'] as object), chat_template: undefined };
    const entries = await gpt2Vocabulary(
      await source({ ...files, 'tokenizer_config.json': settings }),
    );
    expect(entries.slice(-4).map(({ key }) => key)).toEqual([
      'tokenizer.chat_template.a',
      'tokenizer.chat_template.b',
      'tokenizer.chat_templates',
      'tokenizer.chat_template',
    ]);
  });
});
