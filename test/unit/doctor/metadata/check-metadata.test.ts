import { beforeAll, describe, expect, it } from 'vitest';
import { checkMetadata } from '#src/doctor/metadata/check-metadata.ts';
import {
  entryValue,
  float32Entry,
  stringEntry,
  uint32Entry,
  withoutEntry,
} from '#src/formats/gguf/entries.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { changeEntry, openSeedling, runCheck } from '#test/helpers/seedling-subject.ts'; // prettier-ignore

let seedling: ModelView;
beforeAll(async () => {
  seedling = await openSeedling();
});

const number = (key: string, value: number) => changeEntry(key, () => uint32Entry(key, value));

describe('checkMetadata', () => {
  it('finds nothing in a sound model, with and without its source', async () => {
    expect((await runCheck(checkMetadata, seedling)).drafts).toEqual([]);
    expect((await runCheck(checkMetadata, seedling, { source: seedling })).drafts).toEqual([]);
  });

  it.each([
    ['llama.block_count', 9],
    ['llama.embedding_length', 512],
    ['llama.feed_forward_length', 700],
    ['llama.attention.head_count', 8],
    ['llama.attention.head_count_kv', 1],
    ['llama.attention.key_length', 32],
    ['llama.vocab_size', 32_000],
  ])('takes the right %s from the tensors instead of %d', async (key, value) => {
    const { drafts } = await runCheck(checkMetadata, seedling, { metadata: number(key, value) });
    expect(drafts.map(({ code }) => code)).toEqual(['metadata/contradiction']);
    const right = Number(entryValue(seedling.metadata, key)?.value);
    expect(drafts[0]?.fix).toEqual({
      kind: 'set-metadata',
      key,
      value: { type: 'uint32', value: right },
    });
  });

  it('reads a lost architecture from the prefix of the other entries', async () => {
    const metadata = changeEntry('general.architecture', ({ key }) => stringEntry(key, 'lama'));
    const { drafts } = await runCheck(checkMetadata, seedling, { metadata });
    expect(drafts).toHaveLength(1);
    expect(drafts[0]).toMatchObject({
      code: 'metadata/architecture',
      fix: { key: 'general.architecture', value: { value: 'llama' } },
    });
  });

  it('adds a missing entry from the source, and has no fix without one', async () => {
    const key = 'llama.attention.layer_norm_rms_epsilon';
    const changes = { metadata: () => withoutEntry(seedling.metadata, key) };
    const alone = await runCheck(checkMetadata, seedling, changes);
    expect(alone.drafts).toMatchObject([{ code: 'metadata/missing', keys: [key] }]);
    expect(alone.drafts[0]?.fix).toBeUndefined();
    const compared = await runCheck(checkMetadata, seedling, { ...changes, source: seedling });
    expect(compared.drafts[0]?.fix).toMatchObject({ kind: 'set-metadata', key });
  });

  it('takes an entry that llama.cpp defaults to the same value for no difference', async () => {
    const metadata = () => withoutEntry(seedling.metadata, 'llama.rope.freq_base');
    const { drafts } = await runCheck(checkMetadata, seedling, { metadata, source: seedling });
    expect(drafts).toEqual([]);
  });

  it('tells a rotary base that differs from the source', async () => {
    const metadata = changeEntry('llama.rope.freq_base', ({ key }) => float32Entry(key, 5e5));
    const { drafts } = await runCheck(checkMetadata, seedling, { metadata, source: seedling });
    expect(drafts).toMatchObject([
      { code: 'metadata/differs', fix: { value: { type: 'float32', value: 10_000 } } },
    ]);
  });

  it('names missing, strange and misshapen tensors', async () => {
    const tensors = (all: ModelView['tensors']) =>
      all.map((tensor) => {
        if (tensor.name === 'blk.1.ffn_up.weight')
          return { ...tensor, name: 'blk.1.ffn_upp.weight' };
        return tensor.name === 'blk.2.attn_norm.weight' ? { ...tensor, shape: [255] } : tensor;
      });
    const { drafts } = await runCheck(checkMetadata, seedling, { tensors });
    expect(drafts.map(({ code, tensors: names }) => [code, names])).toEqual([
      ['metadata/tensor-missing', ['blk.1.ffn_up.weight']],
      ['metadata/tensor-unexpected', ['blk.1.ffn_upp.weight']],
      ['metadata/tensor-shape', ['blk.2.attn_norm.weight']],
    ]);
  });
});
