// `quantize`: one source to any number of levels in one pass, or only the plan of it.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { MetadataOverride, Written } from '#src/contract/outputs.ts';
import type { ParsedParamsOf } from '#src/contract/contract.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { boolEntry, float32Entry, stringEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { readImatrix } from '#src/formats/imatrix/read-imatrix.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { openPlainBase } from '#src/jobs/open-sources.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { filterImportance, type Importance } from '#src/stages/quantize/importance.ts';
import { groupNotices } from '#src/stages/quantize/group-notices.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import { planQuantizations } from '#src/stages/quantize/plan-quantization.ts';
import type { QuantizeOptions } from '#src/stages/quantize/quantize-options.ts';
import { nativeLibrary } from '../native-library.ts';
import { dryRunnerIn } from '../quantize/dry-runner.ts';
import { writingSeconds } from '../quantize/writing-time.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { writeChecked } from './write-checked.ts';

type QuantizeParams = ParsedParamsOf<FactoryContract, 'quantize'>;

export const quantize: Handlers<FactoryContract>['quantize'] = async (params, context) => {
  const { signal, emit } = context;
  const start = performance.now();
  emit({ event: 'phase', phase: 'Reading', detail: params.input });
  const {
    content: model,
    inputs,
    notices,
  } = await openPlainBase(params.input, {
    pre: params.pre,
    signal,
  });
  try {
    for (const message of notices) emit({ event: 'notice', level: 'warning', message });
    const options = await quantizeOptions(params, emit);
    const openDryRun = dryRunnerIn(await temporaryFolder(), nativeLibrary());
    const requests = params.outputs.map(({ level }) => ({ level, options }));
    const plans = await planQuantizations(model, requests, openDryRun);
    if (params.dryRun) {
      const estimate = await writingSeconds(plans, params.threads);
      const result = dryRunResult(plans, (performance.now() - start) / 1000, emit);
      return estimate === undefined ? result : { ...result, estimatedSeconds: estimate };
    }
    const outputs = plans.map((plan, index) => ({ plan, path: outputPath(params, index) }));
    const files = params.imatrix === undefined ? inputs : [...inputs, params.imatrix.path];
    return await writeChecked(outputs, { ...params, inputs: files, signal, emit });
  } finally {
    await model.close();
  }
};

function outputPath(params: QuantizeParams, index: number): string {
  const path = params.outputs[index]?.path;
  if (path !== undefined) return path;
  throw new StudioError('contract/invalid', 'An output has no path.');
}

async function quantizeOptions(params: QuantizeParams, emit: EventSink): Promise<QuantizeOptions> {
  return {
    importance: await readImportance(params, emit),
    tensorTypes: params.tensorTypes,
    outputTensorType: params.outputTensorType,
    tokenEmbeddingType: params.tokenEmbeddingType,
    pure: params.pure,
    leaveOutputTensor: params.leaveOutputTensor,
    pruneLayers: params.pruneLayers,
    allowRequantize: params.allowRequantize,
    overrides: params.overrides.map(overrideEntry),
  };
}

async function readImportance(
  params: QuantizeParams,
  emit: EventSink,
): Promise<Importance | undefined> {
  if (params.imatrix === undefined) return undefined;
  const { path, givenAs, include, exclude } = params.imatrix;
  const source = await openFileByteSource(path);
  try {
    const { values, datasets, chunkCount, zeroChannels } = await readImatrix(source);
    if (zeroChannels.size > 0) {
      const [first] = zeroChannels.keys();
      emit({
        event: 'notice',
        level: 'warning',
        message: `${zeroChannels.size} tensors of ${givenAs} have channels that the calibration text never used (${first ?? ''} first); they are rounded without weight.`,
      });
    }
    const importance = { path: givenAs, datasets, chunkCount, weights: values };
    return filterImportance(importance, { include, exclude });
  } finally {
    await source.close();
  }
}

/** As llama_model_quantize stores them: integers become the uint32 of their absolute value. */
function overrideEntry(override: MetadataOverride): GgufEntry {
  switch (override.type) {
    case 'int':
      return uint32Entry(
        override.key,
        Number(BigInt.asUintN(32, BigInt(Math.abs(override.value)))),
      );
    case 'float':
      return float32Entry(override.key, Math.fround(override.value));
    case 'bool':
      return boolEntry(override.key, override.value);
    case 'str':
      return stringEntry(override.key, override.value);
  }
}

function dryRunResult(plans: readonly OutputPlan[], seconds: number, emit: EventSink): Written {
  const problems = plans.flatMap((plan) => plan.problems.map(({ message }) => message));
  for (const message of [...groupNotices(plans), ...problems]) {
    emit({ event: 'notice', level: 'warning', message });
  }
  return {
    outputs: plans.map((plan) => ({
      label: plan.label,
      bytes: plan.header.fileSize,
      bitsPerWeight: plan.bitsPerWeight,
      tensors: plan.tensors.map(({ source, name, type }, index) => ({
        name,
        shape: [...source.shape],
        from: source.type,
        type,
        bytes: plan.header.tensors[index]?.byteLength ?? 0,
      })),
    })),
    seconds,
  };
}
