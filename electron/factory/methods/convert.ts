// `convert` and `convert-lora`: checkpoints to GGUF.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { readJsonObject } from '#src/formats/huggingface/read-json.ts';
import { openFolder } from '#src/io/folder.ts';
import { listSourceFiles } from '#src/io/source-hash.ts';
import { inputFiles, isFolder, openGgufFile } from '#src/jobs/open-sources.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { convertPeftFolder } from '#src/stages/convert-lora/convert-lora.ts';
import { openHuggingFaceModel } from '#src/stages/convert/open-hugging-face-model.ts';
import { planConversion } from '#src/stages/convert/plan-conversion.ts';
import { baseOfConfig, baseOfModel } from '#src/stages/merge/adapter-base.ts';
import { makeOutputPlan } from '#src/stages/quantize/output-plan.ts';
import { writeChecked } from './write-checked.ts';

export const convert: Handlers<FactoryContract>['convert'] = async (params, { signal, emit }) => {
  const { folder, output, outtype, pre, modelName } = params;
  emit({ event: 'phase', phase: 'Reading', detail: folder });
  const model = await openHuggingFaceModel(await openFolder(folder), {
    outtype,
    signal,
    ...(pre === undefined ? {} : { pre }),
    ...(modelName === undefined ? {} : { modelName }),
  });
  try {
    const inputs = (await listSourceFiles(folder, 'base')).map(({ path }) => path);
    const plan = planConversion(model);
    return await writeChecked([{ path: output, plan }], { ...params, inputs, signal, emit });
  } finally {
    await model.close();
  }
};

export const convertLora: Handlers<FactoryContract>['convertLora'] = async (params, context) => {
  const { adapter, base, output, outtype, overwrite } = params;
  const { signal, emit } = context;
  emit({ event: 'phase', phase: 'Reading', detail: adapter });
  const { base: target, close } = await openAdapterBase(base);
  try {
    const converted = await convertPeftFolder(await openFolder(adapter), target, outtype);
    try {
      // The base's weights are not read here, but they are what the user converts for.
      const inputs = [
        ...(await inputFiles(adapter, 'adapter')),
        ...(await inputFiles(base, 'base')),
      ];
      const plan = makeOutputPlan({
        label: outtype.toUpperCase(),
        metadata: converted.metadata,
        tensors: converted.tensors.map((source) => ({
          source,
          name: source.name,
          type: source.type,
        })),
        notices: converted.notices,
      });
      const options = { inputs, overwrite, validate: false, signal, emit };
      return await writeChecked([{ path: output, plan }], options);
    } finally {
      await converted.close();
    }
  } finally {
    await close();
  }
};

/** Of a folder only config.json is read: adapters can be converted without the base's weights. */
async function openAdapterBase(path: string) {
  if (await isFolder(path)) {
    const config = await readJsonObject(await openFolder(path), 'config.json');
    return { base: baseOfConfig(config, path), close: () => Promise.resolve() };
  }
  const model = await openGgufFile(path);
  return { base: baseOfModel(model), close: () => model.close() };
}
