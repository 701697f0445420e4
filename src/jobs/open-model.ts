// Opens what a pass reads: its base, the adapters merged into it, its importance matrix. Everything stays lazy; closing
// the model closes what it was made of.
import { invariant } from '#src/errors/assert.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { readImatrix } from '#src/formats/imatrix/read-imatrix.ts';
import type { LoraAdapter } from '#src/formats/lora/lora-adapter.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { portablePath } from '#src/recipe/canonical-recipe.ts';
import { mergeOptions } from '#src/recipe/output-recipe.ts';
import type { PlannedModel } from '#src/recipe/plan.ts';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';
import { refuseCompanion } from '#src/stages/library/refuse-companion.ts';
import { mergeAdapters } from '#src/stages/merge/merge-adapters.ts';
import type { Importance } from '#src/stages/quantize/importance.ts';
import type { BuildSteps } from './build-steps.ts';
import { openAdapter, openBase } from './open-sources.ts';
import type { OutputTask } from './pass-context.ts';
import type { RecipeSource, RecipeSources } from './recipe-sources.ts';

/**
 * Opens a pass's model; notices go to `emit`. Throws what opening and merging throw, and `companion/mismatch` for a base that
 * is a companion where a parent is made of it.
 */
export async function openPlannedModel(
  planned: PlannedModel,
  sources: RecipeSources,
  steps: Pick<BuildSteps, 'blame' | 'merging'>,
  emit: EventSink,
  signal: AbortSignal,
  isParent = false,
): Promise<ModelView> {
  const pre = planned.base.preTokenizer;
  const { path } = sourceOf(sources, planned.base.id);
  const base = await steps.blame([{ node: planned.base.id }], async () => {
    const opened = await openBase(path, { pre, signal });
    try {
      if (isParent) refuseCompanion(path, opened.content, 'a parent');
      return opened;
    } catch (error) {
      await opened.content.close();
      throw error;
    }
  });
  for (const message of base.notices) emit({ event: 'notice', level: 'warning', message });
  if (planned.merge === undefined) return base.content;
  const { node, adapters } = planned.merge;
  steps.merging(node.id);
  const opened: { adapter: LoraAdapter; weight: number }[] = [];
  try {
    for (const { id, scale } of adapters) {
      const adapter = await steps.blame([{ node: id }], () =>
        openAdapter(sourceOf(sources, id).path),
      );
      opened.push({ adapter: adapter.content, weight: scale });
    }
    const merge = () =>
      mergeAdapters(base.content, opened, {
        method: node.method,
        ...mergeOptions(node.method, node.density, node.seed),
        report: emit,
      });
    return await steps.blame([{ node: node.id }], merge);
  } catch (error) {
    await Promise.all([base.content.close(), ...opened.map(({ adapter }) => adapter.close())]);
    throw error;
  }
}

/** What a file says of a matrix that the build collected; where it is kept is nobody's concern. */
export const collectedName = 'imatrix.gguf';

/** A package is made of some of these: what they are built from has to be able to answer. */
export function makesParents(tasks: readonly OutputTask[]): boolean {
  return tasks.some(({ output }) => output.package !== undefined);
}

/** Reads an importance matrix; the file will name it by the recipe's relative path. */
export async function openImportance(
  node: NodeOf<'imatrix'>,
  { path }: RecipeSource,
  emit: EventSink,
): Promise<Importance> {
  const file = await openFileByteSource(path);
  try {
    const { values, datasets, chunkCount, zeroChannels } = await readImatrix(file);
    if (zeroChannels.size > 0) {
      const [first = ''] = zeroChannels.keys();
      const message = `${zeroChannels.size} tensors of ${path} have channels that the calibration text never used (${first} first); they are rounded without weight.`;
      emit({ event: 'notice', level: 'warning', message });
    }
    return {
      path: portablePath(node.path ?? collectedName),
      datasets,
      chunkCount,
      weights: values,
    };
  } finally {
    await file.close();
  }
}

/** Hashes as an output's recipe asks for them: sources by their id, calibration texts by `textsId`. */
export function sourceHash(sources: RecipeSources, id: string): string {
  const [node = '', part] = id.split(':');
  const source = sourceOf(sources, node);
  return part === undefined ? source.sha256 : (source.textsSha256 ?? '');
}

export function sourceOf(sources: RecipeSources, nodeId: string): RecipeSource {
  const source = sources.get(nodeId);
  invariant(source !== undefined, `"${nodeId}" is a source of the plan`);
  return source;
}
