// The importance matrix that a build collected and that is kept no more: collected again from the texts that the file's recipe
// names by their hash, where they are still there. The same texts and model give the same weights on the same kind of machine;
// the hashes of the tensors decide.
import { resolve } from 'node:path';
import type { EventSink } from '#src/contract/stage-events.ts';
import { isAbort, StudioError } from '#src/errors/studio-error.ts';
import { openRecordStore } from '#src/io/record-store-file.ts';
import { hashSourceFiles } from '#src/io/source-hash.ts';
import type { PlannedModel } from '#src/recipe/plan.ts';
import { collectMatrices, readCalibrationTexts } from '../collected-matrices.ts';
import type { JobFolder } from '../job-folder.ts';
import type { FactoryPorts } from '../ports.ts';
import type { RecipeSource } from '../recipe-sources.ts';
import { unquantizedSources } from '../unquantized-source.ts';
import type { CollectedNode } from '../used-sources.ts';
import type { ContentFinder } from './find-content.ts';

/** Where the texts of a matrix were found. */
export interface FoundTexts {
  /** As the recipe names them, where they lie below `folder`, else absolute. */
  readonly texts: readonly string[];
  /** Absolute. */
  readonly folder: string;
}

/** The very texts that the matrix was collected on, or why they are not there. */
export async function findTexts(
  node: CollectedNode,
  finder: ContentFinder,
  signal: AbortSignal,
): Promise<FoundTexts | string> {
  const names = node.texts.map((path) => path.split('/').at(-1) ?? path).join(', ');
  const folders = await finder.folders();
  const candidates: FoundTexts[] = [
    ...folders.map((folder) => ({ texts: node.texts, folder })),
    // Moved, without the folders that they lay in.
    ...folders.map((folder) => ({
      texts: node.texts.map((path) => resolve(folder, path.split('/').at(-1) ?? path)),
      folder,
    })),
  ];
  let isThere = false;
  for (const found of candidates) {
    try {
      await readCalibrationTexts({ ...node, texts: [...found.texts] }, found.folder, signal);
      return found;
    } catch (error) {
      if (!(error instanceof StudioError) || isAbort(error)) throw error;
      isThere ||= error.code === 'recipe/invalid';
    }
  }
  return isThere
    ? `the texts that it was collected on (${names}) are not what they were`
    : `the texts that it was collected on (${names}) were not found`;
}

export interface CollectAgain {
  readonly ports: FactoryPorts;
  readonly folder: JobFolder;
  readonly threads: number | undefined;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
}

/** Takes as long as it took the build. Throws what collecting throws. */
export async function collectAgain(
  node: CollectedNode,
  { texts, folder: textsFolder }: FoundTexts,
  model: PlannedModel,
  found: ReadonlyMap<string, RecipeSource>,
  { ports, folder, threads, emit, signal }: CollectAgain,
): Promise<RecipeSource> {
  const sources = new Map(found);
  for (const [id, source] of found) {
    // Under an unproven hash the matrix of another model would be kept as this one's.
    if (source.sha256 === '')
      sources.set(id, { ...source, sha256: await hashSourceFiles(source.files, { signal }) });
  }
  // Its own hash was another processor's, perhaps: that of every tensor tells what came of it.
  const wanted: CollectedNode = { ...node, texts: [...texts] };
  delete wanted.sha256;
  const context = { ports, sources, threads, emit, signal };
  const matrices = await collectMatrices([{ node: wanted, model }], {
    ...context,
    folder: textsFolder,
    store: openRecordStore(),
    steps: {
      blame: async (_references, work) => work(),
      collecting: () => undefined,
      collected: () => undefined,
    },
    unquantized: unquantizedSources({ ...context, folder }),
  });
  const matrix = matrices.get(node.id);
  if (matrix === undefined) throw new StudioError('repair/failed', 'The importance matrix was not collected.'); // prettier-ignore
  return { ...matrix, node };
}
