// Importance matrices that a build collects itself: which model each is read by, on what, and under which key it is kept in
// the studio's own folder, so that it is collected once. Collecting itself is native (ports.ts).
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { ImatrixParams } from '#src/contract/quality/imatrix.ts';
import type { TextRequest } from '#src/contract/quality/subjects.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { keepCacheLimit } from '#src/io/cache-entries.ts';
import { rememberUse } from '#src/io/cache-use.ts';
import { listTextFiles } from '#src/io/evaluation-suites.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { matrixFolder } from '#src/io/matrix-folder.ts';
import type { RecordStore } from '#src/io/record-store-file.ts';
import { ensureOwnFolder } from '#src/io/studio-home.ts';
import { rememberThroughput } from '#src/io/throughput-file.ts';
import { canonicalJson, portablePath } from '#src/recipe/canonical-recipe.ts';
import { collectOptions } from '#src/recipe/output-recipe.ts';
import type { PlannedModel, PlannedPass } from '#src/recipe/plan.ts';
import type { BuildSteps } from './build-steps.ts';
import { matrixWork, unitsOf } from './measuring-work.ts';
import { modelIdentity, type HashOf } from './model-identity.ts';
import type { FactoryPorts } from './ports.ts';
import { checkPin, type RecipeSource, type RecipeSources } from './recipe-sources.ts';
import { sourceOf } from './open-model.ts';
import type { UnquantizedSources } from './unquantized-source.ts';
import { isCollected, type CollectedNode } from './used-sources.ts';

export interface CollectedMatrix {
  readonly node: CollectedNode;
  /** Whose activations it holds; all steps that take it quantize this one. */
  readonly model: PlannedModel;
}

/** Matrices that these passes need collected, each once. */
export function collectedMatrices(passes: readonly PlannedPass[]): CollectedMatrix[] {
  const found = passes.flatMap(({ imatrix, model }) =>
    imatrix !== undefined && isCollected(imatrix) ? [{ node: imatrix, model }] : [],
  );
  return [...new Map(found.map((matrix) => [matrix.node.id, matrix])).values()];
}

export interface CalibrationTexts {
  readonly texts: readonly TextRequest[];
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Finds and hashes calibration texts. Throws `io/not-found`, `evaluation/text` for a folder without text files, and
 * `recipe/invalid` for texts that are not the pinned ones.
 */
export async function readCalibrationTexts(
  node: CollectedNode,
  folder: string,
  signal: AbortSignal,
): Promise<CalibrationTexts> {
  const { parseSpecial } = collectOptions(node);
  const hash = createHash('sha256');
  const texts: TextRequest[] = [];
  let bytes = 0;
  for (const [index, written] of node.texts.entries()) {
    const path = resolve(folder, written);
    const paths = await listTextFiles(path);
    if (paths.length === 0) {
      throw new StudioError('evaluation/text', `${path} holds no text files.`, {
        hint: 'Give text files (UTF-8), or a folder of them.',
      });
    }
    for (const file of paths) {
      hash.update(`${index} ${await hashFile(file, { signal })}\n`);
      bytes += (await stat(file)).size;
    }
    // The file names texts as they were written, as llama-imatrix does, but never where they lie on this machine.
    const title = portablePath(written).slice(0, 300);
    texts.push({ id: `text-${index + 1}`, title, paths, parseSpecial });
  }
  const sha256 = hash.digest('hex');
  if (node.textsSha256 !== undefined && node.textsSha256 !== sha256) {
    throw new StudioError(
      'recipe/invalid',
      `The calibration texts of "${node.id}" have the hash ${sha256}, but the recipe was made for ${node.textsSha256}.`,
      {
        hint: 'Fetch those texts, or remove "textsSha256" (and "sha256") from the node to collect from what is there.',
        details: { node: node.id, expected: node.textsSha256, found: sha256 },
      },
    );
  }
  return { texts, bytes, sha256 };
}

/** Raised when collecting the same would give another matrix. */
const version = 1;

/** Everything that decides a matrix, but for rounding that differs between processors. */
export function matrixKey(
  { node, model }: CollectedMatrix,
  texts: CalibrationTexts,
  hashOf: HashOf,
  library: string,
): string {
  const titles = texts.texts.map(({ title }) => title);
  const parts = {
    kind: 'imatrix',
    version,
    library,
    model: modelIdentity(model, hashOf),
    texts: texts.sha256,
    titles,
    ...withoutUndefined(collectOptions(node)),
  };
  return createHash('sha256').update(canonicalJson(parts)).digest('hex');
}

export function matrixPath(key: string): string {
  return join(matrixFolder(), `${key}.gguf`);
}

export interface CollectContext {
  readonly ports: Pick<FactoryPorts, 'library' | 'collectMatrix'>;
  /** Absolute folder where the recipe's relative paths start. */
  readonly folder: string;
  readonly store: RecordStore;
  readonly steps: Pick<BuildSteps, 'blame' | 'collecting' | 'collected'>;
  readonly sources: RecipeSources;
  readonly unquantized: UnquantizedSources;
  readonly threads: number | undefined;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
}

/**
 * The matrices as sources, collected where none is kept. A collection that was cancelled goes on where it stopped. Throws
 * what reading texts and collecting throw, and `recipe/invalid` for a matrix that is not the pinned one.
 */
export async function collectMatrices(
  matrices: readonly CollectedMatrix[],
  context: CollectContext,
): Promise<ReadonlyMap<string, RecipeSource>> {
  const found = new Map<string, RecipeSource>();
  for (const matrix of matrices) {
    const { node } = matrix;
    found.set(
      node.id,
      await context.steps.blame([{ node: node.id }], () => provideMatrix(matrix, context)),
    );
  }
  return found;
}

async function provideMatrix(
  matrix: CollectedMatrix,
  context: CollectContext,
): Promise<RecipeSource> {
  const { ports, store, steps, sources, folder, signal } = context;
  const { node } = matrix;
  const texts = await readCalibrationTexts(node, folder, signal);
  const hashOf = (id: string) => sourceOf(sources, id).sha256;
  const key = matrixKey(matrix, texts, hashOf, ports.library);
  const path = matrixPath(key);
  const known = (await store.find(key, { signal })).find((record) => record.path === path);
  if (known === undefined) {
    steps.collecting(node.id);
    const sha256 = await collect(matrix, texts, path, context);
    await store.save({ key, path, sha256 });
    await keepCacheLimit().catch(() => 0);
  } else await rememberUse(path);
  const sha256 = known?.sha256 ?? (await hashFile(path, { signal }));
  checkPin(node, path, sha256);
  steps.collected(node.id, known !== undefined);
  const name = basename(path);
  const { size } = await stat(path);
  return {
    node,
    path,
    name,
    isFolder: false,
    files: [{ name, path, size }],
    sha256,
    textsSha256: texts.sha256,
  };
}

async function collect(
  { node, model }: CollectedMatrix,
  texts: CalibrationTexts,
  output: string,
  { ports, unquantized, sources, steps, threads, emit, signal }: CollectContext,
): Promise<string> {
  await ensureOwnFolder(matrixFolder());
  emit({ event: 'phase', phase: 'Collecting', detail: node.label ?? node.id });
  const params: Partial<ImatrixParams> & Pick<ImatrixParams, 'texts' | 'output'> = {
    model: await unquantized.of(model),
    texts: [...texts.texts],
    output,
    overwrite: true,
    ...withoutUndefined(collectOptions(node)),
    ...(threads === undefined ? {} : { threads }),
  };
  let goesOn = false;
  let first: number | undefined;
  const start = performance.now();
  const { sha256, chunks } = await ports.collectMatrix(params, {
    signal,
    emit: (event) => {
      if (event.event === 'progress' && event.unit === 'steps') {
        first ??= event.done;
        goesOn = first > 0;
        steps.collecting(node.id, { done: event.done, total: event.total });
      }
      // It is the build's own file, and nobody's output.
      if (event.event !== 'artifact') emit(event);
    },
  });
  const base = sourceOf(sources, model.base.id);
  if (!goesOn)
    await rememberThroughput({
      work: matrixWork,
      bytes: unitsOf(base.files, chunks * collectOptions(node).contextSize),
      seconds: (performance.now() - start) / 1000,
    });
  return sha256;
}

function withoutUndefined<Value extends object>(value: Value) {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [Key in keyof Value]: Exclude<Value[Key], undefined>;
  };
}
