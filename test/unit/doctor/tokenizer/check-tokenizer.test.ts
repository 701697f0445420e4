import { beforeAll, describe, expect, it } from 'vitest';
import { checkTokenizer } from '#src/doctor/tokenizer/check-tokenizer.ts';
import { recognizeByCheckText } from '#src/doctor/tokenizer/encode-check-text.ts';
import { splitAlike } from '#src/doctor/tokenizer/pre-tokenizer-classes.ts';
import { readVocabulary } from '#src/doctor/tokenizer/vocabulary.ts';
import {
  int32ArrayEntry,
  stringArrayEntry,
  stringEntry,
  uint32Entry,
  withoutEntry,
} from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { changeEntry, openSeedling, runCheck } from '#test/helpers/seedling-subject.ts'; // prettier-ignore

let seedling: ModelView;
let tokens: readonly string[];
beforeAll(async () => {
  seedling = await openSeedling();
  tokens = readVocabulary(seedling.metadata)?.tokens ?? [];
});

const withTokens = (change: (texts: string[]) => void) =>
  changeEntry('tokenizer.ggml.tokens', ({ key }) => {
    const changed = [...tokens];
    change(changed);
    return stringArrayEntry(key, changed);
  });
const find = async (metadata: (entries: readonly GgufEntry[]) => readonly GgufEntry[], source?: ModelView) =>
  (await runCheck(checkTokenizer, seedling, { metadata, ...(source === undefined ? {} : { source }) })).drafts; // prettier-ignore

describe('checkTokenizer', () => {
  it('finds nothing in a sound vocabulary, with and without its source', async () => {
    expect(await find((entries) => entries)).toEqual([]);
    expect(await find((entries) => entries, seedling)).toEqual([]);
  });

  it('types a mark that is typed as plain text as control', async () => {
    const drafts = await find(
      changeEntry('tokenizer.ggml.token_type', ({ key, value }) => {
        const types = Int32Array.from(value.type === 'array' ? (value.value as ArrayLike<number>) : []); // prettier-ignore
        types[2] = 1;
        return int32ArrayEntry(key, types);
      }),
    );
    expect(drafts).toMatchObject([
      { code: 'tokenizer/token-types', fix: { kind: 'set-elements', elements: [{ index: 2, value: 3 }] } },
    ]); // prettier-ignore
  });

  it.each([
    ['empty', (): string => ''],
    ['another token', () => tokens[600] ?? ''],
    ['no bytes of its alphabet', () => '\ufffd\ufffd'],
  ])('says from the merges what a changed token was: %s', async (_, text) => {
    const drafts = await find(withTokens((changed) => void (changed[601] = text())));
    expect(drafts).toMatchObject([
      {
        code: 'tokenizer/tokens',
        fix: {
          kind: 'set-elements',
          key: 'tokenizer.ggml.tokens',
          elements: [{ index: 601, value: tokens[601] }],
        },
      },
    ]);
  });

  it('sets the end of an answer that models of this tokenizer have', async () => {
    const key = 'tokenizer.ggml.eos_token_id';
    const ended = await find(changeEntry(key, () => uint32Entry(key, 0)));
    expect(ended).toMatchObject([
      { code: 'tokenizer/end-token', fix: { key, value: { value: 2 } } },
    ]);
    const outside = await find(changeEntry(key, () => uint32Entry(key, 99_999)));
    expect(outside).toMatchObject([
      { code: 'tokenizer/special-id', fix: { key, value: { value: 2 } } },
    ]);
  });

  it('tells answers that never end: the template closes them with a token at which nothing stops', async () => {
    const rename = (text: string) => text.replaceAll('<|im_end|>', '<|over|>');
    const drafts = await find((entries) =>
      changeEntry('tokenizer.ggml.eos_token_id', ({ key }) => uint32Entry(key, 0))(
        changeEntry('tokenizer.chat_template', ({ key, value }) => stringEntry(key, rename(value.type === 'string' ? value.value : '')))(
          withTokens((changed) => void (changed[2] = '<|over|>'))(entries),
        ),
      ),
    ); // prettier-ignore
    expect(drafts).toMatchObject([
      { code: 'tokenizer/end-token', fix: { key: 'tokenizer.ggml.eot_token_id', value: { value: 2 } } },
    ]); // prettier-ignore
  });

  it.each([
    ['tokenizer/pre-missing', undefined],
    ['tokenizer/pre-unknown', 'seedling-bpe'],
    ['tokenizer/pre-wrong', 'llama-bpe'],
  ])('knows the pre-tokenizer by the merges: %s', async (code, pre) => {
    const key = 'tokenizer.ggml.pre';
    const drafts = await find((entries) => {
      const left = withoutEntry(entries, key);
      return pre === undefined ? left : [...left, stringEntry(key, pre)];
    });
    expect(drafts).toMatchObject([{ code, fix: { key, value: { value: 'gpt-2' } } }]);
  });
});

describe('recognizeByCheckText', () => {
  it('recognizes nothing that the reference has no hash of', async () => {
    const vocabulary = readVocabulary(seedling.metadata);
    expect(vocabulary === undefined ? ['none'] : await recognizeByCheckText(vocabulary)).toEqual(
      [],
    );
  });
});

describe('splitAlike', () => {
  it('tells names that llama.cpp splits alike from those that it does not', () => {
    expect(splitAlike('llama-bpe', 'falcon3')).toBe(true);
    expect(splitAlike('gpt-2', 'mpt')).toBe(true);
    expect(splitAlike('qwen2', 'llama-bpe')).toBe(false);
    expect(splitAlike('default', 'gpt-2')).toBe(false);
  });
});
