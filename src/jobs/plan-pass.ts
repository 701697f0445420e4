// Plans one pass of a recipe without running it: the same steps as a build takes (open, merge, llama.cpp's dry run, lay the
// files out), with faults put on nodes instead of thrown, so that the rest of the pass is still planned.
import type { EventSink } from '#src/contract/stage-events.ts';
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { LoraAdapter } from '#src/formats/lora/lora-adapter.ts';
import { openFolder } from '#src/io/folder.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { adapterName } from '#src/recipe/node-names.ts';
import { mergeOptions } from '#src/recipe/output-recipe.ts';
import type { PlannedPass } from '#src/recipe/plan.ts';
import { convertPeftFolder } from '#src/stages/convert-lora/convert-lora.ts';
import { refuseCompanion } from '#src/stages/library/refuse-companion.ts';
import { baseOfModel } from '#src/stages/merge/adapter-base.ts';
import { mapAdapter } from '#src/stages/merge/map-adapter.ts';
import { mergeAdapters } from '#src/stages/merge/merge-adapters.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import { planAsIs } from '#src/stages/quantize/plan-as-is.ts';
import { ownerOf, type BuildSteps } from './build-steps.ts';
import { layOutOutputs } from './lay-out-outputs.ts';
import { makesParents } from './open-model.ts';
import type { AdapterPacker } from './pack-adapters.ts';
import type { LaidOut, OutputTask } from './pass-context.ts';
import { levelRequests } from './plan-outputs.ts';
import { asRecipeSources, unknownHash, type PlannedSource } from './planned-sources.ts';
import type { PlanningPorts } from './ports.ts';

export interface PassPlanning {
  readonly ports: PlanningPorts;
  readonly sources: ReadonlyMap<string, PlannedSource>;
  readonly emit: EventSink;
  /** Puts a fault on `node`; what hangs on `leftOut` (the node itself when absent) cannot be planned. */
  readonly fault: (node: string, error: StudioError, leftOut?: readonly string[]) => void;
}

/** Lays out what can be of a pass, over the sources that were opened for it. */
export async function planPassOutputs(
  pass: PlannedPass,
  tasks: readonly OutputTask[],
  planning: PassPlanning,
): Promise<LaidOut[]> {
  const model = await planModel(pass, tasks, planning);
  if (model === undefined) return [];
  const plans = await planLevelsOf(pass, tasks, model, planning);
  const packed = await packEach(pass, tasks, model, planning);
  const laidOut: LaidOut[] = [];
  for (const task of tasks) {
    const plan = plans.get(task.output.level);
    const fits = task.output.adapters.every(({ id }) => packed.fits(id, task));
    if (plan === undefined || !fits) continue;
    try {
      laidOut.push(
        ...(await layOutOutputs(
          pass,
          [task],
          model,
          contextFor(pass, plan, planning),
          packed.pack,
        )),
      );
    } catch (error) {
      planning.fault(ownerOf(pass, task.output).node, refusal(error));
    }
  }
  return laidOut;
}

/** The pass's model: its base, or the merge over it. */
async function planModel(
  { model }: PlannedPass,
  tasks: readonly OutputTask[],
  planning: PassPlanning,
): Promise<ModelView | undefined> {
  const base = shared(contentOf(planning, model.base.id).base);
  try {
    const { path } = contentOf(planning, model.base.id).located;
    if (makesParents(tasks)) refuseCompanion(path, base, 'a parent');
  } catch (error) {
    planning.fault(model.base.id, refusal(error));
    return undefined;
  }
  if (model.merge === undefined) return base;
  const { node, adapters } = model.merge;
  const inputs: { adapter: LoraAdapter; weight: number }[] = [];
  let allFit = true;
  for (const { id, scale } of adapters) {
    const adapter = shared(contentOf(planning, id).adapter);
    inputs.push({ adapter, weight: scale });
    try {
      await mapAdapter(adapter, baseOfModel(base));
    } catch (error) {
      allFit = false;
      planning.fault(id, refusal(error), [node.id]);
    }
  }
  if (!allFit) return undefined;
  try {
    return await mergeAdapters(base, inputs, {
      method: node.method,
      ...mergeOptions(node.method, node.density, node.seed),
      report: planning.emit,
    });
  } catch (error) {
    planning.fault(node.id, refusal(error));
    return undefined;
  }
}

/** llama.cpp's plan of every level that may be written. */
async function planLevelsOf(
  pass: PlannedPass,
  tasks: readonly OutputTask[],
  model: ModelView,
  { ports, sources, fault }: PassPlanning,
): Promise<ReadonlyMap<string, OutputPlan>> {
  const levels = [...new Set(tasks.map(({ output }) => output.level))];
  const importance = pass.imatrix && sources.get(pass.imatrix.id)?.importance;
  const results = await ports.planEach(model, levelRequests(levels, pass.quantize, importance));
  const plans = new Map<string, OutputPlan>();
  for (const [index, level] of levels.entries()) {
    const result = results[index];
    invariant(result !== undefined, 'one answer per level');
    const problem = result instanceof StudioError ? result : result.problems[0];
    // The other levels are planned all the same, so nothing that hangs on the step is left out.
    if (problem !== undefined) fault(pass.quantize.id, problem, []);
    if (problem === undefined && !(result instanceof StudioError)) plans.set(level, result);
  }
  return plans;
}

/** Sizes of the adapters as bundles hold them; a PEFT folder is laid out, not written. */
async function packEach(
  pass: PlannedPass,
  tasks: readonly OutputTask[],
  model: ModelView,
  planning: PassPlanning,
) {
  const sizes = new Map<string, number>();
  const keyOf = (id: string, type: string) => `${id} ${type}`;
  for (const { output } of tasks) {
    const own = output.package;
    if (own === undefined) continue;
    for (const { id } of output.adapters) {
      const key = keyOf(id, own.adapterType);
      if (sizes.has(key)) continue;
      try {
        sizes.set(key, await packedSize(contentOf(planning, id), model, own.adapterType));
      } catch (error) {
        planning.fault(id, refusal(error), [own.id]);
      }
    }
  }
  const pack: AdapterPacker['pack'] = (adapter, domain, _base, type) => {
    const { located, sha256 } = contentOf(planning, adapter.id);
    return Promise.resolve({
      path: located.path,
      size: sizes.get(keyOf(adapter.id, type)) ?? 0,
      sha256: sha256 ?? unknownHash,
      name: adapterName(adapter),
      domain: adapter.domain ?? domain,
      scale: Math.fround(adapter.scale),
    });
  };
  return {
    pack,
    fits: (id: string, { output }: OutputTask) =>
      sizes.has(keyOf(id, output.package?.adapterType ?? '')),
  };
}

async function packedSize(
  { located, adapter, bytes }: PlannedSource,
  model: ModelView,
  type: Parameters<AdapterPacker['pack']>[3],
): Promise<number> {
  const base = baseOfModel(model);
  if (!located.isFolder) {
    invariant(adapter !== undefined, 'an adapter was opened');
    await mapAdapter(adapter, base);
    return bytes;
  }
  const converted = await convertPeftFolder(await openFolder(located.path), base, type);
  try {
    return planAsIs(converted).header.fileSize;
  } finally {
    await converted.close();
  }
}

/** Laying out asks for plans and blames nodes; here the plan is made already and faults are caught one by one. */
function contextFor(pass: PlannedPass, plan: OutputPlan, { ports, sources, emit }: PassPlanning) {
  const importance = pass.imatrix && sources.get(pass.imatrix.id)?.importance;
  const steps: Pick<BuildSteps, 'blame'> = { blame: async (_, work) => work() };
  return {
    sources: asRecipeSources(sources),
    emit,
    steps,
    importance,
    ports: { library: ports.library, plan: () => Promise.resolve([plan]) },
  };
}

function contentOf({ sources }: PassPlanning, id: string): PlannedSource {
  const source = sources.get(id);
  invariant(source !== undefined, `"${id}" is a sound source`);
  return source;
}

/** Passes share what was opened once; it is closed with all sources. */
function shared<Content extends { close(): Promise<void> }>(content: Content | undefined): Content {
  invariant(content !== undefined, 'the source was opened as what it is');
  return { ...content, close: () => Promise.resolve() };
}

/** What is wrong with the recipe or its files; anything else is no fault of a node. */
function refusal(error: unknown): StudioError {
  if (error instanceof StudioError && error.kind !== 'cancelled') return error;
  throw error;
}
