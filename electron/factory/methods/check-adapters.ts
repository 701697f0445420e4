// `checkAdapters`: which adapters fit a base, by headers alone.
import { basename } from 'node:path';
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { AdapterFit } from '#src/contract/library.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { entryString } from '#src/formats/gguf/entries.ts';
import { stringField } from '#src/formats/huggingface/json.ts';
import { readJsonObject } from '#src/formats/huggingface/read-json.ts';
import { openFolder } from '#src/io/folder.ts';
import { isFolder, openAdapter, openGgufFile } from '#src/jobs/open-sources.ts';
import { isGgufAdapter } from '#src/model/open-gguf-adapter.ts';
import type { Handlers } from '#src/rpc/server.ts';
import {
  checkAdapterFit,
  reasonOf,
  type NamedBase,
} from '#src/stages/library/check-adapter-fit.ts';
import { baseOfConfig, baseOfModel } from '#src/stages/merge/adapter-base.ts';

/** Adapters that are opened at once. */
const readersAtOnce = 8;

/** Throws what keeps the base from being a base; what is wrong with an adapter is its reason. */
export const checkAdapters: Handlers<FactoryContract>['checkAdapters'] = async (
  { base: basePath, adapters },
  { signal },
) => {
  const base = await openNamedBase(basePath);
  const fits: AdapterFit[] = adapters.map((adapter) => ({ adapter, fits: false }));
  const pending = adapters.entries();
  const reader = async () => {
    for (const [index, adapter] of pending) {
      signal.throwIfAborted();
      fits[index] = { adapter, ...(await checkFile(adapter, base)) };
    }
  };
  await Promise.all(Array.from({ length: readersAtOnce }, reader));
  return fits;
};

async function checkFile(path: string, base: NamedBase): Promise<Omit<AdapterFit, 'adapter'>> {
  let opened;
  try {
    opened = await openAdapter(path);
  } catch (error) {
    return { fits: false, reason: reasonOf(error) };
  }
  try {
    return await checkAdapterFit(opened.content, base);
  } finally {
    await opened.content.close();
  }
}

/** Of a folder only the configuration is read: it announces every tensor. */
async function openNamedBase(path: string): Promise<NamedBase> {
  if (await isFolder(path)) {
    const folder = await openFolder(path);
    if (!(await folder.has('config.json'))) {
      throw new StudioError('huggingface/invalid', `${path}: there is no config.json.`, {
        hint: 'Give the folder of a Hugging Face model or a GGUF file as the base.',
      });
    }
    const config = await readJsonObject(folder, 'config.json');
    const names = [basename(path), stringField(config, '_name_or_path') ?? ''];
    return { base: baseOfConfig(config, path), names };
  }
  const model = await openGgufFile(path);
  try {
    if (isGgufAdapter(model)) {
      throw new StudioError(
        'gguf/invalid',
        `${path} is a LoRA adapter, a base model was expected.`,
        {
          hint: 'Give the model that it was trained on.',
        },
      );
    }
    const named = ['general.name', 'general.basename', 'general.base_model.0.name'];
    const names = named.map((key) => entryString(model.metadata, key) ?? '');
    return { base: baseOfModel(model), names: [basename(path).replace(/\.gguf$/i, ''), ...names] };
  } finally {
    // Names and shapes are in memory; no rows are read.
    await model.close();
  }
}
