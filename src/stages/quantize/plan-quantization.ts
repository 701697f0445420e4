// Plans the quantization of a model: llama.cpp's dry run chooses the types, the rest (metadata, order, exact size, what
// would go wrong) follows from it. Needs no weights, so sizes are known before anything is read or downloaded.
import type { QuantizationRequest, QuantizeOptions, OutputLevel } from './quantize-options.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { readAlignment } from '#src/formats/gguf/check-layout.ts';
import { entryNumber, withoutEntry } from '#src/formats/gguf/entries.ts';
import { encodeGgufHeader, ggmlShape } from '#src/formats/gguf/write-header.ts';
import type { ModelView, TensorView } from '#src/model/model-view.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import { levels } from '#src/tensors/levels.ts';
import { readDryRun, type DryRunModel, type DryRunOpener } from './dry-run.ts';
import { copiedFileType } from './copied-file-type.ts';
import { importanceOf } from './importance.ts';
import { makeOutputPlan, type OutputPlan, type PlannedTensor } from './output-plan.ts';
import { planAsIs } from './plan-as-is.ts';
import { planNotices, planProblems } from './plan-findings.ts';
import { planPruning } from './prune-layers.ts';
import { quantizedMetadata, splitKeys } from './quantized-metadata.ts';
import { inTensorOrder } from './tensor-order.ts';

/** Plans one level. Throws as planQuantizations does. */
export async function planQuantization(
  model: ModelView,
  level: OutputLevel,
  options: QuantizeOptions,
  openDryRun: DryRunOpener,
): Promise<OutputPlan> {
  const [plan] = await planQuantizations(model, [{ level, options }], openDryRun);
  return plan!;
}

/**
 * Plans several outputs of one model; the header is shown to llama.cpp once.
 * Throws `quantize/failed` with llama.cpp's reason, `quantize/prune` and `imatrix/invalid`. What only forbids writing (no
 * importance matrix, an already quantized source) is not thrown but listed in the plan's `problems`.
 */
export async function planQuantizations(
  model: ModelView,
  requests: readonly QuantizationRequest[],
  openDryRun: DryRunOpener,
): Promise<OutputPlan[]> {
  const results = await planEachQuantization(model, requests, openDryRun);
  return results.map((result) => {
    if (result instanceof StudioError) throw result;
    return result;
  });
}

/** As planQuantizations, but a level that llama.cpp has no answer for does not keep the others from being planned. */
export async function planEachQuantization(
  model: ModelView,
  requests: readonly QuantizationRequest[],
  openDryRun: DryRunOpener,
): Promise<(OutputPlan | StudioError)[]> {
  let dryRun: DryRunModel | undefined;
  try {
    const results: (OutputPlan | StudioError)[] = [];
    for (const { level, options = {} } of requests) {
      if (level === 'as-is') {
        results.push(planOrRefusal(() => planAsIs(model, options)));
        continue;
      }
      const shown = (dryRun ??= await showModel(model, openDryRun));
      results.push(planOrRefusal(() => planLevel(model, level, options, shown)));
    }
    return results;
  } finally {
    await dryRun?.close();
  }
}

function planOrRefusal(plan: () => OutputPlan): OutputPlan | StudioError {
  try {
    return plan();
  } catch (error) {
    if (error instanceof StudioError) return error;
    throw error;
  }
}

/** The type that llama.cpp is told for a source: merged tensors are F32 by the time they are quantized. */
function sourceType({ type, loadCombination }: TensorView): GgmlType {
  return loadCombination === undefined ? type : 'F32';
}

function showModel(model: ModelView, openDryRun: DryRunOpener): Promise<DryRunModel> {
  // One file is shown, so it must not claim to be a part of a split.
  const metadata = splitKeys.reduce(withoutEntry, model.metadata);
  const header = encodeGgufHeader({
    version: 3,
    metadata,
    tensors: model.tensors.map((tensor) => ({
      name: tensor.name,
      shape: ggmlShape(tensor.shape),
      type: sourceType(tensor),
    })),
    alignment: readAlignment(model.label, metadata),
  });
  return openDryRun(header.bytes, header.fileSize);
}

function planLevel(
  model: ModelView,
  level: Exclude<OutputLevel, 'as-is'>,
  options: QuantizeOptions,
  dryRun: DryRunModel,
): OutputPlan {
  const onlyCopy = level === 'COPY';
  const fileType = onlyCopy ? copiedFileType(model) : levels[level].fileType;
  const importance = options.importance;
  const pruning = planPruning(model, options.pruneLayers ?? []);
  const kept = inTensorOrder(model.tensors).flatMap((source) => {
    const name = pruning === undefined ? source.name : pruning.rename(source.name);
    return name === undefined ? [] : [{ source, name }];
  });
  const log = dryRun.run({
    fileType: onlyCopy ? levels.F32.fileType : fileType,
    onlyCopy,
    pure: options.pure ?? false,
    quantizeOutputTensor: !(options.leaveOutputTensor ?? false),
    outputTensorType: options.outputTensorType,
    tokenEmbeddingType: options.tokenEmbeddingType,
    tensorTypes: options.tensorTypes ?? [],
    pruneLayers: pruning?.layers ?? [],
    hasImportance: importance !== undefined && importance.weights.size > 0,
  });
  const report = readDryRun(
    log,
    kept.map(({ name }) => name),
  );
  const tensors = kept.map(({ source, name }, index): PlannedTensor => {
    const type = report.types[index]!;
    const changes = type !== sourceType(source);
    const weights =
      changes && importance !== undefined ? importanceOf(importance, source) : undefined;
    return { source, name, type, ...(weights === undefined ? {} : { importance: weights }) };
  });
  const findings = { level, fileType, tensors, options, fallbacks: report.fallbacks };
  return makeOutputPlan({
    label: level,
    metadata: quantizedMetadata(model.metadata, {
      architecture: model.architecture,
      fileType,
      importance,
      overrides: options.overrides,
      blockCount: pruning?.remainingLayers,
    }),
    tensors,
    notices: [...prunedWindowNotice(model, options), ...planNotices(findings)],
    problems: planProblems(findings),
  });
}

/** Sliding-window models alternate by layer number, which pruning shifts. */
function prunedWindowNotice(model: ModelView, options: QuantizeOptions): string[] {
  if ((options.pruneLayers ?? []).length === 0) return [];
  const key = `${model.architecture}.attention.sliding_window`;
  if (entryNumber(model.metadata, key) === undefined) return [];
  return [
    `The layers behind the pruned ones change their number, and with it whether they attend to a sliding window (${key}).`,
  ];
}
