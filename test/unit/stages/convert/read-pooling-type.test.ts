import { describe, expect, it } from 'vitest';
import { memoryFolder } from '#test/helpers/memory-folder.ts';
import { readPoolingType } from '#src/stages/convert/read-pooling-type.ts';

function folder(config: object, path = '1_Pooling') {
  return memoryFolder({
    'modules.json': [
      { type: 'sentence_transformers.models.Transformer', path: '' },
      { type: 'sentence_transformers.models.Pooling', path },
    ],
    '1_Pooling/config.json': config,
  });
}

describe('pooling', () => {
  it.each([
    [{ pooling_mode_mean_tokens: true, pooling_mode_cls_token: true }, 'mean'],
    [{ pooling_mode_mean_tokens: false, pooling_mode_cls_token: true }, 'cls'],
    [{ pooling_mode_lasttoken: true }, 'last'],
    [{ pooling_mode: 'lasttoken' }, 'last'],
    [{ pooling_mode: 'mean' }, 'mean'],
  ])('%j is %s', async (config, expected) => {
    expect(await readPoolingType(folder(config))).toBe(expected);
  });

  it('is unknown without modules.json or without a pooling module', async () => {
    expect(await readPoolingType(memoryFolder({}))).toBeUndefined();
    const modules = [
      { type: 'sentence_transformers.models.Normalize', path: '2_Normalize' },
      null,
      5,
    ];
    expect(await readPoolingType(memoryFolder({ 'modules.json': modules }))).toBeUndefined();
  });

  it('refuses modes that llama.cpp does not have', async () => {
    await expect(readPoolingType(folder({ pooling_mode_max_tokens: true }))).rejects.toMatchObject({
      code: 'architecture/unsupported',
    });
  });

  it.each(['2_Pooling', '../secret', '..', '/etc', ''])(
    'does not follow the path %j',
    async (path) => {
      await expect(readPoolingType(folder({}, path))).rejects.toMatchObject({
        code: 'huggingface/invalid',
      });
    },
  );

  it('refuses a modules.json that is no list', async () => {
    for (const modules of ['{}', 'null', '[', '"x"']) {
      await expect(
        readPoolingType(memoryFolder({ 'modules.json': modules })),
      ).rejects.toMatchObject({
        code: 'huggingface/invalid',
      });
    }
  });
});
