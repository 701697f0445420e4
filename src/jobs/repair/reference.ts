// What tensors are derived from again: the model that a file's own recipe names (base, merged adapters, importance matrix),
// or a source that the user gives. Headers only until rows are asked for.
import type { EventSink } from '#src/contract/stage-events.ts';
import { isAbort, StudioError } from '#src/errors/studio-error.ts';
import { bundleKeys } from '#src/formats/bundle/bundle-entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { entryNumber, entryString } from '#src/formats/gguf/entries.ts';
import type { ModelView, TensorView } from '#src/model/model-view.ts';
import type { PlannedModel, PlannedOutput, PlannedPass } from '#src/recipe/plan.ts';
import { planRecipe } from '#src/recipe/plan.ts';
import { parseRecipe } from '#src/recipe/recipe-file.ts';
import { provenanceKeys, type Provenance } from '#src/stages/package/provenance.ts';
import {
  importanceOf,
  needsImportance,
  usesImportance,
  type Importance,
} from '#src/stages/quantize/importance.ts';
import { planPruning } from '#src/stages/quantize/prune-layers.ts';
import { quantizedMetadata } from '#src/stages/quantize/quantized-metadata.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import { matrixFolder } from '#src/io/matrix-folder.ts';
import { collectedName, openImportance, openPlannedModel } from '../open-model.ts';
import { openPlainBase } from '../open-sources.ts';
import type { RecipeSource } from '../recipe-sources.ts';
import { isCollected, type CollectedNode, type SourceNode } from '../used-sources.ts';
import { findTexts, type FoundTexts } from './collect-again.ts';
import { openContentFinder, type ContentFinder } from './find-content.ts';

export interface ReferenceTensor {
  readonly source: TensorView;
  readonly importance: Float32Array | undefined;
  /** What keeps it from being what a build would give; for the plan and the report. */
  readonly note?: string;
  /** Its weights are not there yet: it can be planned with, not derived. */
  readonly isPending?: boolean;
}

export interface Reference {
  /** How messages name it. */
  readonly label: string;
  /** `recipe`: the file's own; `source`: what the user gave. */
  readonly kind: 'recipe' | 'source';
  /** True when every part of it has the hash that the recipe names. */
  readonly isProven: boolean;
  readonly view: ModelView;
  /** Every file that is read. */
  readonly inputs: readonly string[];
  /** Keys in the order in which a file made from it has them. */
  readonly keyOrder: readonly string[];
  readonly pass?: PlannedPass;
  readonly output?: PlannedOutput;
  readonly sources: ReadonlyMap<string, RecipeSource>;
  readonly importanceSource?: Importance | undefined;
  /** What has to come before tensors that are rounded by weights are derived. */
  readonly pending?: string | undefined;
  /** What gives the tensor in this type, or why nothing does. */
  tensor(name: string, type: GgmlType): ReferenceTensor | string;
  close(): Promise<void>;
}

export interface ReferenceContext {
  readonly finder: ContentFinder;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  /** Collects a matrix that is gone; absent while only a plan is made. */
  readonly collect?:
    | ((
        node: CollectedNode,
        texts: FoundTexts,
        model: PlannedModel,
        sources: ReadonlyMap<string, RecipeSource>,
      ) => Promise<RecipeSource>)
    | undefined;
}

const steps = {
  blame: async <Result>(_: unknown, work: () => Result | Promise<Result>) => work(),
  merging: () => undefined,
};

/**
 * The model of a file's own recipe, or why it cannot be had. `givenBase` is looked at first for its base.
 */
export async function openRecipeReference(
  provenance: Pick<Provenance, 'recipe'>,
  label: string,
  givenBase: string | undefined,
  context: ReferenceContext,
): Promise<Reference | string> {
  const { finder, emit, signal } = context;
  try {
    const { recipe, json } = parseRecipe(provenance.recipe, `${label} (studio.recipe)`);
    const [pass] = planRecipe(recipe, label, json).passes;
    const [output] = pass?.outputs ?? [];
    if (pass === undefined || output === undefined) return 'Its recipe has no quantize step.';
    const sources = new Map<string, RecipeSource>();
    const needed: SourceNode[] = [pass.model.base, ...(pass.model.merge?.adapters ?? [])];
    let isProven = true;
    for (const node of needed) {
      const given = node === pass.model.base ? givenBase : undefined;
      const found = await locate(node, finder, given);
      if (found === undefined) return missing(node);
      isProven &&= found.sha256 === node.sha256;
      sources.set(node.id, found);
    }
    for (const node of output.adapters) {
      const found = await locate(node, finder, undefined);
      if (found !== undefined) sources.set(node.id, found);
    }
    const { matrix, noMatrix, pending } = await matrixOf(pass, sources, context);
    if (matrix !== undefined) sources.set(matrix.node.id, matrix);
    const view = await openPlannedModel(pass.model, sources, steps, emit, signal);
    try {
      const importance =
        matrix === undefined || pass.imatrix === undefined
          ? undefined
          : await openImportance(pass.imatrix, matrix, () => undefined);
      const known = pending === undefined ? importance : likeImportance(view);
      const pruning = planPruning(view, pass.quantize.pruneLayers);
      const tensors = new Map<string, TensorView>();
      for (const tensor of view.tensors) {
        const name = pruning === undefined ? tensor.name : pruning.rename(tensor.name);
        if (name !== undefined) tensors.set(name, tensor);
      }
      return {
        label: sources.get(pass.model.base.id)?.path ?? view.label,
        kind: 'recipe',
        isProven,
        view,
        inputs: [...sources.values()].flatMap(({ files }) => files.map(({ path }) => path)),
        keyOrder: orderOf(view.metadata, view.architecture, known),
        pass,
        output,
        sources,
        importanceSource: known,
        pending,
        tensor: (name, type) =>
          deriveFrom(tensors.get(name), type, importance, { noMatrix, pending }),
        close: () => view.close(),
      };
    } catch (error) {
      await view.close();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof StudioError) || isAbort(error)) throw error;
    return error.message;
  }
}

/**
 * A source that the user gives, for a file that does not say what it was made from. A matrix that it names is used where it
 * is found. Throws what opening throws.
 */
export async function openGivenSource(
  path: string,
  metadata: readonly GgufEntry[],
  { finder, signal }: ReferenceContext,
): Promise<Reference> {
  const { content: view, inputs } = await openPlainBase(path, { signal });
  try {
    const named = entryString(metadata, 'quantize.imatrix.file');
    const matrix =
      named === undefined
        ? undefined
        : await finder.find({ role: 'imatrix', path: named, sha256: undefined });
    const importance =
      matrix === undefined ? undefined : await openMatrix(matrix.path).catch(() => undefined);
    const fileType = entryNumber(metadata, 'general.file_type') ?? -1;
    const tensors = new Map(view.tensors.map((tensor) => [tensor.name, tensor]));
    return {
      label: path,
      kind: 'source',
      isProven: false,
      view,
      inputs: [...inputs, ...(matrix?.files.map((file) => file.path) ?? [])],
      keyOrder: orderOf(view.metadata, view.architecture, importance),
      sources: new Map(),
      tensor: (name, type) => {
        const found = deriveFrom(tensors.get(name), type, importance, {});
        const isWeighted = named !== undefined && importance === undefined && usesImportance(type);
        if (typeof found === 'string' || !isWeighted || found.source.type === type) return found;
        const gone = `its importance matrix ${named.slice(0, 200)} was not found`;
        // Without its matrix the result is a sound tensor of this type, but a worse one than that which was lost.
        return needsImportance(name, type, fileType)
          ? `${gone}, and ${type} cannot be written without`
          : { ...found, note: `without weights: ${gone}` };
      },
      close: () => view.close(),
    };
  } catch (error) {
    await view.close();
    throw error;
  }
}

function openMatrix(path: string): Promise<Importance> {
  const node = { id: 'imatrix', kind: 'imatrix' as const, path };
  const source = { node, path, name: path, isFolder: false, files: [], sha256: '' };
  return openImportance(node, source, () => undefined);
}

async function locate(
  node: SourceNode,
  finder: ContentFinder,
  given: string | undefined,
): Promise<RecipeSource | undefined> {
  const { kind: role, path, sha256 } = node;
  const found = await finder.find({ role, path, sha256 }, given);
  if (found === undefined) return undefined;
  return {
    node,
    path: found.path,
    name: found.path.split(/[/\\]/).at(-1) ?? '',
    isFolder: found.isFolder,
    files: found.files,
    sha256: found.sha256 ?? '',
  };
}

async function matrixOf(
  { imatrix, model }: PlannedPass,
  sources: ReadonlyMap<string, RecipeSource>,
  { finder, signal, collect }: ReferenceContext,
): Promise<{
  readonly matrix?: RecipeSource;
  readonly noMatrix?: string;
  readonly pending?: string;
}> {
  if (imatrix === undefined) return {};
  const found = await locate(imatrix, finder, undefined);
  if (found !== undefined && found.sha256 !== '') return { matrix: found };
  // One that a build collected has no path: it is among those that builds keep.
  const kept = openContentFinder(matrixFolder(), [matrixFolder()], signal);
  const collected = await locate({ ...imatrix, path: undefined }, kept, undefined);
  if (collected !== undefined && collected.sha256 !== '') return { matrix: { ...collected, node: imatrix } }; // prettier-ignore
  if (found !== undefined) return { matrix: found };
  if (!isCollected(imatrix)) return { noMatrix: missing(imatrix) };
  const texts = await findTexts(imatrix, finder, signal);
  const gone = 'The importance matrix that the build collected is kept no more';
  if (typeof texts === 'string') return { noMatrix: `${gone}, and ${texts}` };
  const names = imatrix.texts.map((path) => path.split('/').at(-1) ?? path).join(', ');
  if (collect === undefined) {
    return { pending: `its importance matrix is collected again first, from ${names}` };
  }
  try {
    return { matrix: await collect(imatrix, texts, model, sources) };
  } catch (error) {
    if (!(error instanceof StudioError) || isAbort(error)) throw error;
    return { noMatrix: `${gone}, and it could not be collected again: ${error.message}` };
  }
}

/** Stands for a matrix that is collected later: which tensors it weighs decides about types, its figures do not. */
function likeImportance({ tensors }: ModelView): Importance {
  const weighed = tensors.filter(({ name, shape }) => (shape[1] ?? 1) > 1 && !name.includes('token_embd')); // prettier-ignore
  return {
    path: collectedName,
    datasets: [],
    chunkCount: 0,
    weights: new Map(weighed.map(({ name, shape }) => [name, new Float32Array((shape[0] ?? 1) * (shape[2] ?? 1)).fill(1)])), // prettier-ignore
  };
}

function deriveFrom(
  source: TensorView | undefined,
  type: GgmlType,
  importance: Importance | undefined,
  matrix: { readonly noMatrix?: string | undefined; readonly pending?: string | undefined },
): ReferenceTensor | string {
  if (source === undefined) return 'it has no such tensor';
  const shown = source.loadCombination === undefined ? source.type : 'F32';
  if (type === shown) return { source, importance: undefined };
  const { noMatrix, pending } = matrix;
  if (noMatrix !== undefined && usesImportance(type)) return noMatrix;
  if (pending !== undefined && usesImportance(type)) {
    return { source, importance: undefined, note: pending, isPending: true };
  }
  return { source, importance: importance && importanceOf(importance, source) };
}

function orderOf(
  metadata: readonly GgufEntry[],
  architecture: string,
  importance: Importance | undefined,
): string[] {
  const entries = quantizedMetadata(metadata, { architecture, fileType: 0, importance });
  const own = entries.map(({ key }) => key).filter((key) => !key.startsWith('studio.'));
  const { contextWindow, library, recipe, tensorHashes } = provenanceKeys;
  return [...own, contextWindow, library, recipe, tensorHashes, ...Object.values(bundleKeys)];
}

function missing(node: SourceNode): string {
  const name = node.path?.split('/').at(-1) ?? 'the collected importance matrix';
  const what = { base: 'The base model', adapter: 'The adapter', imatrix: 'The importance matrix' }[node.kind]; // prettier-ignore
  const hash = node.sha256 === undefined ? '' : ` (SHA-256 ${node.sha256.slice(0, 12)}…)`;
  return `${what} ${name}${hash} was not found`;
}
