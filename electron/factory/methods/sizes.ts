// `sizes`: opens whatever there is (a GGUF, a folder, a folder without weights, a config.json) and plans every level.
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { Sizes } from '#src/contract/sizes.ts';
import { readJsonObject } from '#src/formats/huggingface/read-json.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { openFolder } from '#src/io/folder.ts';
import { toIoError } from '#src/io/io-error.ts';
import { openGgufModel } from '#src/model/gguf-model.ts';
import type { ModelView } from '#src/model/model-view.ts';
import type { Handlers } from '#src/rpc/server.ts';
import {
  openHuggingFaceModel,
  type HuggingFaceModel,
} from '#src/stages/convert/open-hugging-face-model.ts';
import { withoutProvenance } from '#src/stages/package/provenance.ts';
import { hasWeights, withHollowCheckpoint } from '#src/stages/sizes/hollow-checkpoint.ts';
import { modelFromConfig } from '#src/stages/sizes/model-from-config.ts';
import { planSizes } from '#src/stages/sizes/plan-sizes.ts';
import { levels, type Level } from '#src/tensors/levels.ts';
import { nativeLibrary } from '../native-library.ts';
import { dryRunnerIn } from '../quantize/dry-runner.ts';
import { temporaryFolder } from '../temporary-folder.ts';

export const sizes: Handlers<FactoryContract>['sizes'] = async (params, { emit }) => {
  const { path } = params;
  emit({ event: 'phase', phase: 'Planning', detail: basename(path) });
  const { model, source, countsMetadata } = await openForSizes(path);
  try {
    const wanted = params.levels ?? (Object.keys(levels) as Level[]);
    const openDryRun = dryRunnerIn(await temporaryFolder(), nativeLibrary());
    const planned = await planSizes(model, wanted, countsMetadata, openDryRun);
    return { path, source, ...planned };
  } finally {
    await model.close();
  }
};

interface OpenedForSizes {
  readonly model: ModelView;
  readonly source: Sizes['source'];
  readonly countsMetadata: boolean;
}

async function openForSizes(path: string): Promise<OpenedForSizes> {
  const status = await stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  if (status.isDirectory()) return openFolderForSizes(path);
  if (/\.json$/i.test(path)) {
    const config = await readJsonObject(await openFolder(dirname(path)), basename(path));
    const model = modelFromConfig(config, path);
    return { model, source: 'config.json', countsMetadata: false };
  }
  const file = await openFileByteSource(path);
  const openSibling = (name: string) => openFileByteSource(join(dirname(path), name));
  return {
    // What quantize leaves out is not counted.
    model: withoutProvenance(await openGgufModel(file, openSibling)).model,
    source: 'gguf',
    countsMetadata: true,
  };
}

async function openFolderForSizes(path: string): Promise<OpenedForSizes> {
  const folder = await openFolder(path);
  if (await hasWeights(folder)) {
    const model = await openHuggingFaceModel(folder, { outtype: 'lossless' });
    return { model: asConverted(model), source: 'folder', countsMetadata: true };
  }
  const config = await readJsonObject(folder, 'config.json');
  const names = await folder.list();
  if (!names.some((name) => /^(tokenizer\.(json|model)|vocab\.(json|txt))$/.test(name))) {
    const model = modelFromConfig(config, path);
    return { model, source: 'config.json', countsMetadata: false };
  }
  const hollow = withHollowCheckpoint(folder, config);
  const model = await openHuggingFaceModel(hollow, { outtype: 'lossless' });
  return { model: asConverted(model), source: 'folder without weights', countsMetadata: true };
}

/** The model as its lossless conversion would be: quantizing starts from that. Rows are never read here. */
function asConverted(model: HuggingFaceModel): ModelView {
  return {
    ...model,
    tensors: model.tensors.map((tensor) => ({
      ...tensor,
      type: model.plannedTypes.get(tensor.name) ?? tensor.type,
    })),
  };
}
