// The size of every level: llama.cpp's own plan of each, over a file without weights.
import type { Sizes } from '#src/contract/sizes.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { elementCountOf, type ModelView } from '#src/model/model-view.ts';
import { levels, type Level } from '#src/tensors/levels.ts';
import type { DryRunOpener } from '../quantize/dry-run.ts';
import type { Importance } from '../quantize/importance.ts';
import { replanMetadata, type OutputPlan } from '../quantize/output-plan.ts';
import { planEachQuantization } from '../quantize/plan-quantization.ts';

/** Mixtures ask only whether there is a matrix. */
const anyImportance: Importance = {
  path: '',
  datasets: [],
  chunkCount: 0,
  weights: new Map([['any', Float32Array.of(1)]]),
};

/**
 * Plans `wanted` levels; those that llama.cpp has no answer for are listed apart. Throws `quantize/failed` with its reason
 * when there is no other.
 */
export async function planSizes(
  model: ModelView,
  wanted: readonly Level[],
  countsMetadata: boolean,
  openDryRun: DryRunOpener,
): Promise<Pick<Sizes, 'architecture' | 'weights' | 'countsMetadata' | 'levels' | 'refused'>> {
  const requests = wanted.map((level) => ({
    level,
    options: {
      allowRequantize: true,
      ...(needsImatrix(level) ? { importance: anyImportance } : {}),
    },
  }));
  const results = await planEachQuantization(model, requests, openDryRun);
  const refused = results.flatMap((result, index) =>
    result instanceof StudioError ? [{ level: wanted[index]!, reason: result.message }] : [],
  );
  const [first] = results;
  if (refused.length === results.length && first instanceof StudioError) throw first;
  return {
    architecture: model.architecture,
    weights: model.tensors.reduce((sum, { shape }) => sum + elementCountOf(shape), 0),
    countsMetadata,
    refused,
    levels: results.flatMap((plan, index) => {
      if (plan instanceof StudioError) return [];
      const level = wanted[index]!;
      const sized = withoutMatrixEntries(plan);
      const tensorBytes = sized.header.tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
      return {
        level,
        bytes: countsMetadata ? sized.header.fileSize : tensorBytes,
        tensorBytes,
        bitsPerWeight: plan.bitsPerWeight,
        needsImatrix:
          needsImatrix(level) ||
          plan.problems.some(({ code }) => code === 'quantize/needs-imatrix'),
        // The stand-in matrix knows no tensor; that is not worth saying.
        notices: plan.notices.filter((notice) => !/ has no weights for /.test(notice)),
      };
    }),
  };
}

function needsImatrix(level: Level): boolean {
  return 'needsImatrix' in levels[level];
}

/** How the matrix is recorded depends on its file's name, which is not known here. */
function withoutMatrixEntries(plan: OutputPlan): OutputPlan {
  const kept = plan.metadata.filter(({ key }) => !key.startsWith('quantize.imatrix.'));
  return kept.length === plan.metadata.length ? plan : replanMetadata(plan, kept);
}
