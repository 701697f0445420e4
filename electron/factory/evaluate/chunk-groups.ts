// Which chunks of a text are computed together: those of one batch, counted from the text's start, so that a measurement that
// goes on where it stopped packs them as the first one did.
import { chunksPerBatch, planBatches } from '#src/evaluation/chunk-plan.ts';
import type { TokenizedText } from './read-text.ts';
import type { ChunksToScore } from './score-chunk.ts';

/** Indices of chunks that are not there yet. */
export function missingOf(chunks: readonly unknown[]): number[] {
  return chunks.flatMap((chunk, index) => (chunk === undefined ? [index] : []));
}

export function groupChunks(indices: readonly number[], contextSize: number): number[][] {
  const together = chunksPerBatch(contextSize);
  const groups = new Map<number, number[]>();
  for (const index of indices) {
    const number = Math.floor(index / together);
    groups.set(number, [...(groups.get(number) ?? []), index]);
  }
  return [...groups.values()];
}

export function chunksToScore(
  { tokens, measured }: TokenizedText,
  group: readonly number[],
  { contextSize, pool, signal }: Pick<ChunksToScore, 'pool' | 'signal'> & { contextSize: number },
): ChunksToScore {
  const chunks = group.map((index) => ({
    tokens: tokens.subarray(index * contextSize, (index + 1) * contextSize),
    name: `chunk ${index + 1} of "${measured.title}"`,
  }));
  return { chunks, batches: planBatches(contextSize), pool, signal };
}
