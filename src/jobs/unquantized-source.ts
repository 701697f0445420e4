// The unquantized model behind the files of a pass, as llama.cpp can load it: the base, with the adapters of an exact sum
// switched on at run time. What no run-time adapter can express (TIES, DARE, whole saved tensors) becomes one temporary file.
import { runToEnd } from '#src/contract/run-to-end.ts';
import type { ReferenceRequest } from '#src/contract/quality/subjects.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { invariant } from '#src/errors/assert.ts';
import type { PlannedModel } from '#src/recipe/plan.ts';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';
import { planAsIs } from '#src/stages/quantize/plan-as-is.ts';
import type { BuildSteps } from './build-steps.ts';
import type { JobFolder } from './job-folder.ts';
import { openPlannedModel, sourceOf } from './open-model.ts';
import { openAdapter } from './open-sources.ts';
import type { FactoryPorts } from './ports.ts';
import type { RecipeSources } from './recipe-sources.ts';

export interface UnquantizedSources {
  /** `alsoOn` is switched on beside what is merged. Throws what opening, merging and writing throw. */
  of(model: PlannedModel, alsoOn?: readonly NodeOf<'adapter'>[]): Promise<ReferenceRequest>;
}

export interface UnquantizedContext {
  readonly ports: Pick<FactoryPorts, 'plan' | 'write'>;
  readonly sources: RecipeSources;
  readonly folder: JobFolder;
  readonly threads: number | undefined;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
}

/** Temporary files are written once, when they are first asked for, into the job's own folder. */
export function unquantizedSources(context: UnquantizedContext): UnquantizedSources {
  const { sources } = context;
  const written = new Map<string, Promise<string>>();
  const request = ({ id, scale }: NodeOf<'adapter'>) => ({
    path: sourceOf(sources, id).path,
    scale: Math.fround(scale),
  });
  return {
    async of(model, alsoOn = []) {
      const base = sourceOf(sources, model.base.id);
      const onTop = alsoOn.map(request);
      if (!(await needsFile(model, sources))) {
        const merged = (model.merge?.adapters ?? []).map(request);
        return { path: base.path, adapters: [...merged, ...onTop] };
      }
      const key = `${model.base.id} ${model.merge?.node.id ?? ''}`;
      const path = written.get(key) ?? write(model, context);
      written.set(key, path);
      return { path: await path, adapters: onTop };
    },
  };
}

/** Whether llama.cpp can be given the model only as a file of its own. */
export async function needsFile(
  { base, merge }: PlannedModel,
  sources: ReadonlyMap<string, { readonly path: string; readonly isFolder: boolean }>,
): Promise<boolean> {
  // The measuring side opens folders by itself, and knows no pre-tokenizer but the recognized one.
  if (base.preTokenizer !== undefined && sources.get(base.id)?.isFolder === true) return true;
  if (merge === undefined) return false;
  if (merge.node.method !== 'sum') return true;
  for (const { id } of merge.adapters) {
    const path = sources.get(id)?.path;
    if (path === undefined) continue;
    const { content } = await openAdapter(path);
    const { length } = content.savedTensors;
    await content.close();
    if (length > 0) return true;
  }
  return false;
}

async function write(
  model: PlannedModel,
  { ports, sources, folder, threads, emit, signal }: UnquantizedContext,
): Promise<string> {
  // Opening was followed when the files were built; here it is a part of measuring.
  const quiet: Pick<BuildSteps, 'blame' | 'merging'> = {
    blame: async (_, work) => work(),
    merging: () => undefined,
  };
  emit({ event: 'phase', phase: 'Writing the unquantized model' });
  const view = await openPlannedModel(model, sources, quiet, () => undefined, signal);
  try {
    const plan =
      model.merge === undefined
        ? planAsIs(view)
        : (await ports.plan(view, [{ level: 'F32', options: { allowRequantize: true } }]))[0];
    invariant(plan !== undefined, 'one plan for one level');
    const path = await folder.newFile('reference');
    const inputs = [...sources.values()].flatMap(({ files }) => files.map((file) => file.path));
    const run = ports.write([{ path, plan }], { inputs, threads, signal });
    await runToEnd(run, (event) => {
      if (event.event === 'progress') emit(event);
    });
    return path;
  } finally {
    await view.close();
  }
}
