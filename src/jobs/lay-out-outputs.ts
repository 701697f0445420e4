// Lays out the files of a pass: llama.cpp's plan of each level, the adapters to carry, provenance. Nothing is written but
// converted adapters in the job's own folder.
import type { EventSink } from '#src/contract/stage-events.ts';
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { bundleKeys } from '#src/formats/bundle/bundle-entries.ts';
import { entryValue } from '#src/formats/gguf/entries.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { canonicalJson } from '#src/recipe/canonical-recipe.ts';
import { mergedAdaptersOf, outputRecipe, type MergedAdapter } from '#src/recipe/output-recipe.ts';
import type { PlannedOutput, PlannedPass } from '#src/recipe/plan.ts';
import { parseRecipe } from '#src/recipe/recipe-file.ts';
import {
  clampContextWindow,
  readProvenance,
  refuseMergedTwice,
  type Provenance,
} from '#src/stages/package/provenance.ts';
import type { Importance } from '#src/stages/quantize/importance.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import { ownerOf, type BuildSteps } from './build-steps.ts';
import { openImportance, sourceHash, sourceOf } from './open-model.ts';
import type { AdapterPacker } from './pack-adapters.ts';
import type { LaidOut, OutputTask, PassContext } from './pass-context.ts';
import type { FactoryPorts } from './ports.ts';
import { planFile, planLevels, type PackedAdapter } from './plan-outputs.ts';
import type { RecipeSources } from './recipe-sources.ts';

/** What laying out needs of a pass: a build and its plan before it both have that. */
export type LayOutContext = Pick<PassContext, 'sources' | 'emit'> & {
  readonly steps: Pick<BuildSteps, 'blame'>;
  /** The pass's matrix, where it was opened before. */
  readonly importance?: Importance | undefined;
  readonly ports: Pick<FactoryPorts, 'plan' | 'library'>;
};

/**
 * Lays out every task of a pass over its opened model. Throws what planning throws, `adapter/wrong-base`,
 * `adapter/unsupported`, and `build/conflict` for an adapter that is in the weights already.
 */
export async function layOutOutputs(
  pass: PlannedPass,
  tasks: readonly OutputTask[],
  model: ModelView,
  context: LayOutContext,
  pack: AdapterPacker['pack'],
): Promise<LaidOut[]> {
  const { ports, sources, emit, steps } = context;
  const { imatrix, quantize } = pass;
  const importance =
    context.importance ??
    (imatrix &&
      (await steps.blame([{ node: imatrix.id }], () =>
        openImportance(imatrix, sourceOf(sources, imatrix.id), emit),
      )));
  const levels = [...new Set(tasks.map(({ output }) => output.level))];
  const plans = await steps.blame(
    levels.map((level) => ({ node: quantize.id, level })),
    () => planLevels(model, levels, quantize, importance, ports),
  );
  const history = historyOf(model, emit);
  noticeDroppedBundle(model, emit);
  const noticed = new Set<string>();
  const laidOut: LaidOut[] = [];
  for (const task of tasks) {
    const plan = plans.get(task.output.level);
    invariant(plan !== undefined, 'every level is planned');
    const adapters = await packAll(task, model, pack, steps);
    const known = [...history, ...mergedNow(pass, sources)];
    await steps.blame([ownerOf(pass, task.output)], () =>
      refuseMergedTwice(sourceHashes(task.output, sources), known, model.label),
    );
    const { contextWindow, notice } = windowFor(task.output, model);
    if (notice !== undefined && !noticed.has(notice))
      emit({ event: 'notice', level: 'info', message: notice });
    noticed.add(notice ?? '');
    const recipe = outputRecipe(pass, task.output, (id) => sourceHash(sources, id), history);
    const provenance = { recipe: canonicalJson(recipe), library: ports.library, contextWindow };
    const notices = [...plan.notices, ...(notice === undefined ? [] : [notice])];
    laidOut.push({ ...request(task, plan, provenance, adapters), notices });
  }
  return laidOut;
}

function request(
  task: OutputTask,
  plan: OutputPlan,
  provenance: Provenance,
  adapters: readonly PackedAdapter[],
): Omit<LaidOut, 'notices'> {
  const file = planFile(plan, provenance, adapters);
  const size = file.appended.reduce(
    (end, { offset, size: own }) => Math.max(end, offset + own),
    file.plan.header.fileSize,
  );
  return {
    task,
    size,
    provenance,
    request: { path: task.path, plan: file.plan, fillTensorHashes: true, appended: file.appended },
  };
}

async function packAll(
  { output }: OutputTask,
  model: ModelView,
  pack: AdapterPacker['pack'],
  steps: Pick<BuildSteps, 'blame'>,
): Promise<PackedAdapter[]> {
  const packed: PackedAdapter[] = [];
  if (output.package === undefined) return packed;
  const { domain, adapterType } = output.package;
  for (const adapter of output.adapters) {
    const packOne = () => pack(adapter, domain, model, adapterType);
    packed.push(await steps.blame([{ node: adapter.id }], packOne));
  }
  return packed;
}

/** A bundle as a base is its plain model: what rides in it does not ride on. */
function noticeDroppedBundle(model: ModelView, emit: EventSink): void {
  const names = entryValue(model.metadata, bundleKeys.names);
  if (names?.type !== 'array' || names.value.length === 0) return;
  const message = `${model.label} carries ${names.value.length} adapters of its own; only those that are wired here are packed.`;
  emit({ event: 'notice', level: 'warning', message });
}

/** Adapters that the base's own provenance says are in its weights. */
function historyOf(model: ModelView, emit: EventSink): MergedAdapter[] {
  const provenance = readProvenance(model.metadata);
  if (provenance === undefined) return [];
  try {
    return mergedAdaptersOf(
      parseRecipe(provenance.recipe, `${model.label} (studio.recipe)`).recipe,
    );
  } catch (error) {
    const reason = error instanceof StudioError ? error.message : 'it cannot be read';
    const message = `The history of ${model.label} is not used: ${reason}`;
    emit({ event: 'notice', level: 'warning', message });
    return [];
  }
}

function mergedNow({ model }: PlannedPass, sources: RecipeSources): MergedAdapter[] {
  return (model.merge?.adapters ?? []).map(({ id }) => {
    const { name, sha256 } = sourceOf(sources, id);
    return { name, sha256 };
  });
}

function sourceHashes({ adapters }: PlannedOutput, sources: RecipeSources): MergedAdapter[] {
  return adapters.map(({ id }) => {
    const { name, sha256 } = sourceOf(sources, id);
    return { name, sha256 };
  });
}

function windowFor(output: PlannedOutput, model: ModelView) {
  const wanted = output.package?.contextWindow;
  return wanted === undefined
    ? { contextWindow: undefined, notice: undefined }
    : clampContextWindow(model.metadata, model.architecture, wanted);
}
