import { describe, expect, it } from 'vitest';
import { architectureFromGguf } from '#src/architectures/from-gguf.ts';
import { configureArchitecture } from '#src/architectures/registry.ts';
import { int32ArrayEntry, stringEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import { readJsonObject } from '#src/formats/huggingface/read-json.ts';
import { openFolder } from '#src/io/folder.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import casesFile from '#test/golden/lora/convert-cases.json' with { type: 'json' };

const seedling = new URL('../../../assets/seedling/', import.meta.url).pathname;

function model(architecture: string, metadata: readonly GgufEntry[], names: readonly string[]) {
  const tensors = names.map((name) => ({
    name,
    shape: [64, 160],
    type: 'F32' as const,
    readRows: () => Promise.reject(new Error('Not read here')),
  }));
  return { label: 'base.gguf', architecture, metadata, tensors };
}

/** The model that a configuration converts to, by name. */
function convertedModel(config: Record<string, unknown>) {
  const architecture = configureArchitecture(config);
  const names = architecture.expectedTensors
    .filter(({ presence }) => presence === 'required')
    .map(({ name }) => name);
  return model(architecture.ggufName, architecture.metadata({ fileType: 1 }), names);
}

describe('architectureFromGguf', () => {
  it.each(casesFile.cases.map(({ base }) => base))(
    'maps the names of $model_type as its config.json does',
    (config) => {
      const original = configureArchitecture(config);
      const found = architectureFromGguf(convertedModel(config));
      expect(found.ggufName).toBe(original.ggufName);
      expect(found.blockCount).toBe(original.blockCount);
      for (const { checkpointName } of original.expectedTensors) {
        expect(found.mapTensor(checkpointName)).toEqual(original.mapTensor(checkpointName));
      }
    },
  );

  it.each(['seedling-4m', 'seedling-gpt2-4m'])('maps the names of %s', async (name) => {
    const config = await readJsonObject(await openFolder(seedling + name), 'config.json');
    const original = configureArchitecture(config);
    const found = architectureFromGguf(convertedModel(config));
    for (const { checkpointName } of original.expectedTensors) {
      expect(found.mapTensor(checkpointName)).toEqual(original.mapTensor(checkpointName));
    }
  });

  it('refuses architectures whose names it does not know', () => {
    expect(() => architectureFromGguf(model('mamba', [], []))).toThrowError(
      expect.objectContaining({ code: 'architecture/unsupported' }),
    );
  });

  it('refuses models without single sizes', () => {
    const metadata = [
      stringEntry('general.architecture', 'llama'),
      uint32Entry('llama.embedding_length', 64),
      int32ArrayEntry('llama.attention.head_count', Int32Array.of(4, 8)),
    ];
    expect(() => architectureFromGguf(model('llama', metadata, []))).toThrowError(
      expect.objectContaining({
        code: 'gguf/invalid',
        message: expect.stringContaining('head_count') as string,
      }),
    );
  });
});
