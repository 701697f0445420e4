// Every architecture that is converted, loaded by llama.cpp: small random models, so what is asked is that they load and
// that their tokenizer is sound; with weights this wild some of them overflow or repeat themselves, and are right to fail.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { factoryContract } from '#src/contract/factory.contract.ts';
import { openHost } from '#src/io/open-host.ts';
import { buildHuggingFaceCases } from '#test/helpers/build-hugging-face-folder.ts';
import type { FolderFiles } from '#test/helpers/build-tokenizer-files.ts';
import { studioFolder } from '#test/helpers/run-studio.ts';

const folder = studioFolder();
/** One host for all: starting two programs per model took longer than the models. */
const factory = openHost(factoryContract, {
  name: 'factory',
  environment: { GGUF_STUDIO_HOME: folder.path('home') },
});
afterAll(async () => {
  await factory.dispose();
  folder.remove();
});

const cases = buildHuggingFaceCases();
/** The reference cuts this padded embedding below the vocabulary that it writes, and llama.cpp refuses its file too. */
const refused = 'gemma3-trimmed';
const loadable = Object.keys(cases).filter((name) => name !== refused);

function writeFolder(name: string, files: FolderFiles): void {
  for (const [file, content] of Object.entries(files)) {
    const path = folder.path(name, file);
    mkdirSync(dirname(path), { recursive: true });
    const isRaw = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(path, isRaw ? content : JSON.stringify(content));
  }
}

/** Converts to F32: F16 would overflow with these weights. */
async function convertAndValidate(name: string, files: FolderFiles, pre?: string) {
  writeFolder(name, files);
  const output = folder.path(`${name}.gguf`);
  await factory.call('convert', {
    folder: folder.path(name),
    output,
    outtype: 'f32',
    ...(pre === undefined ? {} : { pre }),
  });
  const report = await factory.call('validate', { path: output });
  return (check: string) => report.checks.find((each) => each.check === check);
}

describe('a converted model', () => {
  it.each(loadable)('%s loads in llama.cpp, with a sound tokenizer', async (name) => {
    const { files, pre } = cases[name]!;
    const check = await convertAndValidate(name, files, pre);
    for (const expected of ['structure', 'tensors', 'load', 'tokenizer']) {
      expect(check(expected), expected).toMatchObject({ status: 'passed' });
    }
  });

  it('that llama.cpp refuses fails validation with its reason', async () => {
    const { files, pre } = cases[refused]!;
    const check = await convertAndValidate(refused, files, pre);
    expect(check('load')).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining("'token_embd.weight' has wrong shape") as string,
    });
  });
});

describe('an embedding model', () => {
  it('with tame weights gives finite, distinct vectors', async () => {
    const { files, pre } = cases['bert']!;
    const weights = tamed(files['model.safetensors'] as Uint8Array);
    const check = await convertAndValidate(
      'tame-bert',
      { ...files, 'model.safetensors': weights },
      pre,
    );
    expect(check('embeddings')).toMatchObject({ status: 'passed' });
    expect(check('generation')).toBeUndefined();
  });
});

/** The same F32 safetensors with norms of 1, biases of 0 and small weights, as a trained model has them. */
function tamed(file: Uint8Array): Uint8Array {
  const bytes = file.slice();
  const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + headerLength));
  const header = JSON.parse(text) as Record<string, { data_offsets?: [number, number] }>;
  for (const [name, { data_offsets: range }] of Object.entries(header)) {
    if (range === undefined) continue;
    const start = 8 + headerLength + range[0];
    const values = new Float32Array(bytes.slice(start, 8 + headerLength + range[1]).buffer);
    values.forEach((value, index) => {
      if (/LayerNorm\.weight$/.test(name)) values[index] = 1;
      else values[index] = name.endsWith('bias') ? 0 : Math.max(-0.5, Math.min(0.5, value));
    });
    bytes.set(new Uint8Array(values.buffer), start);
  }
  return bytes;
}
