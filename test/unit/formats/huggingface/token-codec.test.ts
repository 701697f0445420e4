// Ids of the original tokenizers library: the stored hash of a fixed text for real tokenizers, and Seedling's ids.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadFastTokenizer } from '#src/formats/huggingface/fast-tokenizer.ts';
import { createTokenCodec } from '#src/formats/huggingface/token-codec.ts';
import type { JsonObject } from '#src/formats/huggingface/json.ts';
import { readTokenizerFiles } from '#src/formats/huggingface/tokenizer-files.ts';
import { openFolder } from '#src/io/folder.ts';
import { bytePairSize, bytePairTokenizer } from '#test/helpers/build-tokenizer-files.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';

const seedlingPath = fileURLToPath(
  new URL('../../../../assets/seedling/seedling-4m', import.meta.url),
);

async function codecOf(files: Record<string, string | object | Uint8Array>) {
  return createTokenCodec(loadFastTokenizer(await readTokenizerFiles(memoryFolder(files))));
}

describe('encoding and decoding', () => {
  it('round trips Seedling\u2019s evaluation text', async () => {
    const folder = await openFolder(seedlingPath);
    const codec = createTokenCodec(loadFastTokenizer(await readTokenizerFiles(folder)));
    const path = fileURLToPath(
      new URL('../../../../assets/seedling/texts/evaluation/science.txt', import.meta.url),
    );
    const text = readFileSync(path, 'utf8');
    const ids = codec.encode(text);
    expect(codec.decode(ids)).toBe(text);
    expect(ids.length).toBeLessThan(text.length / 2);
  });

  it('puts the special tokens of the post-processor around a text', async () => {
    const codec = await codecOf(bytePairTokenizer('llama3', ['<|begin|>', '<|end|>']));
    expect(codec.encode('the')[0]).toBe(bytePairSize);
    expect(codec.encode('the<|end|>').at(-1)).toBe(bytePairSize + 1);
  });

  it('lets Llama classes add bos by their own rule', async () => {
    const files = bytePairTokenizer('gpt2', ['<s>', '</s>', '<unk>']);
    const settings = {
      tokenizer_class: 'LlamaTokenizer',
      bos_token: '<s>',
      eos_token: '</s>',
      unk_token: '<unk>',
    };
    const withBos = await codecOf({ ...files, 'tokenizer_config.json': settings });
    const withEos = await codecOf({
      ...files,
      'tokenizer_config.json': { ...settings, add_bos_token: false, add_eos_token: true },
    });
    const [plain] = withBos.encode('a').slice(1);
    expect(withBos.encode('a')).toEqual([bytePairSize, plain]);
    expect(withEos.encode('a')).toEqual([plain, bytePairSize + 1]);
  });

  it('splits numbers that are not ASCII digits as the original does', async () => {
    const files = bytePairTokenizer('gpt2', ['<|end|>']);
    const tokenizer = files['tokenizer.json'] as JsonObject;
    const model = tokenizer['model'] as JsonObject;
    // ½ is the bytes C2 BD, "Â½"; this merge joins the end of one with the beginning of the next.
    const across = { vocab: { ...(model['vocab'] as JsonObject), '½Â': 400 }, merges: ['½ Â'] };
    const pretokenizers = [
      { type: 'Digits', individual_digits: true },
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    ];
    const codec = await codecOf({
      'tokenizer.json': {
        ...tokenizer,
        model: { ...model, ...across },
        pre_tokenizer: { type: 'Sequence', pretokenizers },
      },
    });
    expect(codec.encode('½½')).toHaveLength(4);
    expect(codec.decode(codec.encode('a ½½ 12'))).toBe('a ½½ 12');
  });

  it('refuses rules that the library does not know', async () => {
    const files = bytePairTokenizer('gpt2', ['<|end|>']);
    const broken = { ...(files['tokenizer.json'] as object), pre_tokenizer: { type: 'Nonsense' } };
    await expect(codecOf({ ...files, 'tokenizer.json': broken })).rejects.toThrow(
      'cannot be run here',
    );
  });
});
