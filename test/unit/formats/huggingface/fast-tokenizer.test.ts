import { describe, expect, it } from 'vitest';
import { loadFastTokenizer, tokensById } from '#src/formats/huggingface/fast-tokenizer.ts';
import type { JsonObject, JsonValue } from '#src/formats/huggingface/json.ts';
import { readTokenizerFiles } from '#src/formats/huggingface/tokenizer-files.ts';
import {
  bytePairSize,
  bytePairTokenizer,
  slowBytePairTokenizer,
  wordPieceTokenizer,
} from '#test/helpers/build-tokenizer-files.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';

async function load(files: Record<string, string | object | Uint8Array>) {
  return loadFastTokenizer(await readTokenizerFiles(memoryFolder(files, 'model')));
}

function withModel(changes: Record<string, JsonValue>, added: JsonValue = []) {
  const files = bytePairTokenizer('gpt2', ['<|end|>']);
  const tokenizer = files['tokenizer.json'] as JsonObject;
  const model = { ...(tokenizer['model'] as JsonObject), ...changes };
  return { 'tokenizer.json': { ...tokenizer, model, added_tokens: added } };
}

describe('loading a tokenizer', () => {
  it('gives added tokens the ids behind the vocabulary', async () => {
    const tokenizer = await load(bytePairTokenizer('llama3', ['<|begin|>', '<|end|>']));
    expect(tokenizer.modelVocabulary.size).toBe(bytePairSize);
    expect(tokenizer.added.get(bytePairSize + 1)).toMatchObject({
      content: '<|end|>',
      special: true,
    });
    expect(tokensById(tokenizer).size).toBe(bytePairSize + 2);
  });

  it('makes one of vocab.json and merges.txt', async () => {
    const tokenizer = await load({
      ...slowBytePairTokenizer(),
      'config.json': { model_type: 'gpt2' },
    });
    expect(tokenizer.tokenizerClass.name).toBe('GPT2Tokenizer');
    expect(tokenizer.added.get(bytePairSize)).toMatchObject({
      content: '<|endoftext|>',
      special: true,
    });
  });

  it('makes one of vocab.txt', async () => {
    const files = wordPieceTokenizer();
    delete files['tokenizer.json'];
    const tokenizer = await load(files);
    expect(tokenizer.added.get(2)).toMatchObject({ content: '[CLS]', special: true });
    expect(tokenizer.definition['pre_tokenizer']).toEqual({ type: 'BertPreTokenizer' });
  });

  it('knows a token that is spelt like a prototype', async () => {
    const vocab = JSON.parse('{"__proto__": 0, "constructor": 1, "a": 2}') as JsonValue;
    const tokenizer = await load(withModel({ vocab }));
    expect(tokensById(tokenizer)).toEqual(new Map([[0, '__proto__'], [1, 'constructor'], [2, 'a']])); // prettier-ignore
  });

  it.each([
    ['negative', -1],
    ['fractional', 1.5],
    ['huge', 2 ** 40],
    ['textual', '7'],
    ['null', null],
  ])('refuses a %s id', async (_, id) => {
    await expect(load(withModel({ vocab: { a: 0, b: id } }))).rejects.toThrow('"b" has the id');
  });

  it('refuses two tokens with one id, naming both', async () => {
    const tokenizer = await load(withModel({ vocab: { a: 0, b: 0 } }));
    expect(() => tokensById(tokenizer)).toThrow('"a" and "b" both have id 0');
  });

  it('refuses a token that is half of a surrogate pair', async () => {
    await expect(load(withModel({ vocab: { 'a\ud83d': 0 } }))).rejects.toThrow('Unicode');
    expect((await load(withModel({ vocab: { '\u{1f999}': 0 } }))).modelVocabulary.size).toBe(1);
  });

  it('refuses an added token without content', async () => {
    await expect(load(withModel({}, [{ id: 3 }]))).rejects.toThrow('no content');
  });

  it.each(['Unigram', 'WordLevel', 'Nonsense'])('refuses a %s model', async (type) => {
    await expect(load(withModel({ type }))).rejects.toThrow(`"${type}"`);
  });

  it('refuses a folder without a tokenizer, naming the files it looked for', async () => {
    await expect(load({ 'config.json': { model_type: 'gpt2' } })).rejects.toThrow('vocab.json');
  });

  it('refuses vocab.json of a class whose rules only tokenizer.json holds', async () => {
    const files = {
      ...slowBytePairTokenizer(),
      'tokenizer_config.json': { tokenizer_class: 'FunnyTokenizer' },
    };
    await expect(load(files)).rejects.toThrow('FunnyTokenizer');
  });
});
