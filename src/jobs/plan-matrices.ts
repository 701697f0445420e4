// Matrices that a build would collect, as its plan sees them: kept ones are opened; of others the size of what is made with
// them is known all the same, because levels look only at which tensors have weights.
import { basename } from 'node:path';
import { stat } from 'node:fs/promises';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { RecordStore } from '#src/io/record-store-file.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { collectOptions } from '#src/recipe/output-recipe.ts';
import type { RecipePlan } from '#src/recipe/plan.ts';
import type { Importance } from '#src/stages/quantize/importance.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import {
  collectedMatrices,
  matrixKey,
  matrixPath,
  readCalibrationTexts,
  type CalibrationTexts,
  type CollectedMatrix,
} from './collected-matrices.ts';
import { bytesPerToken } from './measuring-work.ts';
import { collectedName, openImportance } from './open-model.ts';
import { unknownHash, type Fact, type PlannedSource } from './planned-sources.ts';

/** A matrix that is not there yet. */
export interface MatrixToCollect {
  readonly matrix: CollectedMatrix;
  readonly texts: CalibrationTexts;
  /** About; tokenizers differ. */
  readonly tokens: number;
}

export interface PlannedMatrices {
  readonly sound: ReadonlyMap<string, PlannedSource>;
  readonly broken: ReadonlyMap<string, StudioError>;
  readonly toCollect: readonly MatrixToCollect[];
  /** Of all collected matrices of the recipe. */
  readonly calibration: CalibrationTexts['texts'];
}

export interface MatrixPlanning {
  readonly sources: ReadonlyMap<string, PlannedSource>;
  readonly folder: string;
  readonly store: RecordStore;
  readonly library: string;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
}

/** Faults of texts and kept files are in `broken`. */
export async function planMatrices(
  plan: RecipePlan,
  planning: MatrixPlanning,
): Promise<PlannedMatrices> {
  const sound = new Map<string, PlannedSource>();
  const broken = new Map<string, StudioError>();
  const toCollect: MatrixToCollect[] = [];
  const calibration: CalibrationTexts['texts'][number][] = [];
  for (const matrix of collectedMatrices(plan.passes)) {
    const { id } = matrix.node;
    try {
      const texts = await readCalibrationTexts(matrix.node, planning.folder, planning.signal);
      calibration.push(...texts.texts);
      const kept = await findKept(matrix, texts, planning);
      if (kept === undefined) toCollect.push({ matrix, texts, tokens: tokensOf(matrix, texts) });
      sound.set(id, kept ?? assumed(matrix, texts, planning.sources));
    } catch (error) {
      if (!(error instanceof StudioError) || error.kind === 'cancelled') throw error;
      broken.set(id, error);
    }
  }
  return { sound, broken, toCollect, calibration };
}

async function findKept(
  matrix: CollectedMatrix,
  texts: CalibrationTexts,
  { sources, store, library, emit }: MatrixPlanning,
): Promise<PlannedSource | undefined> {
  const hashOf = (id: string) => sources.get(id)?.sha256 ?? unknownHash;
  const key = matrixKey(matrix, texts, hashOf, library);
  const path = matrixPath(key);
  const record = (await store.find(key)).find((found) => found.path === path);
  if (record === undefined) return undefined;
  const located = locate(matrix, path, texts, (await stat(path)).size);
  const source = { ...located, sha256: record.sha256 };
  const importance = await openImportance(matrix.node, source, emit);
  const facts = [
    ...textFacts(texts),
    { name: 'chunks', value: formatCount(importance.chunkCount) },
    { name: 'entries', value: formatCount(importance.weights.size) },
  ];
  return { located, sha256: record.sha256, bytes: record.size, facts, importance };
}

function assumed(
  matrix: CollectedMatrix,
  texts: CalibrationTexts,
  sources: ReadonlyMap<string, PlannedSource>,
): PlannedSource {
  const base = sources.get(matrix.model.base.id)?.base;
  const { chunks, contextSize } = collectOptions(matrix.node);
  const facts = [
    ...textFacts(texts),
    { name: 'collects', value: `${chunks === undefined ? 'all' : formatCount(chunks)} chunks of ${formatCount(contextSize)}` }, // prettier-ignore
  ];
  return {
    located: locate(matrix, matrixPath(unknownHash), texts, 0),
    sha256: undefined,
    bytes: 0,
    facts,
    ...(base === undefined ? {} : { importance: evenImportance(base, texts) }),
  };
}

function locate(
  { node }: CollectedMatrix,
  path: string,
  { sha256: textsSha256 }: CalibrationTexts,
  size: number,
): PlannedSource['located'] {
  const name = basename(path);
  const files = size === 0 ? [] : [{ name, path, size }];
  return { node, path, name, isFolder: false, files, textsSha256 };
}

/** Every tensor that can be quantized counts as seen, with even weights. */
function evenImportance(model: ModelView, { texts }: CalibrationTexts): Importance {
  const weights = new Map<string, Float32Array>();
  for (const { name, shape } of model.tensors) {
    const embeds = name.includes('token_embd');
    if (shape.length < 2 || embeds || !name.endsWith('.weight')) continue;
    weights.set(name, new Float32Array((shape[0] ?? 1) * (shape[2] ?? 1)).fill(1));
  }
  const datasets = texts.map(({ title }) => title);
  return { path: collectedName, datasets, chunkCount: 1, weights };
}

function textFacts({ texts, bytes }: CalibrationTexts): Fact[] {
  const files = texts.reduce((sum, { paths }) => sum + paths.length, 0);
  const count = files === 1 ? '1 text' : `${formatCount(files)} texts`;
  return [{ name: 'calibration', value: `${count} · ${formatBytes(bytes)}` }];
}

function tokensOf({ node }: CollectedMatrix, { texts, bytes }: CalibrationTexts): number {
  const { chunks = Infinity, contextSize } = collectOptions(node);
  return Math.min(bytes / bytesPerToken, chunks * contextSize * texts.length);
}
