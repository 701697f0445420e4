// llama-perplexity's protocol as numbers (tools/perplexity/perplexity.cpp of llama.cpp v0.5.0): a text is cut into chunks of
// the context's size, each decoded from an empty memory; the predictions of its second half count.

/** Tokens that llama.cpp computes at once (`-ub`); also how often a measurement can be cancelled. */
export const batchTokens = 512;

/** One decode call of a chunk. */
export interface ChunkBatch {
  /** Position of its first token in the chunk. */
  readonly start: number;
  readonly count: number;
  /** Index in the batch of the first token with logits; `count` when none has. */
  readonly firstOutput: number;
  /** Rows of logits that count, from the first one on; the last row of a chunk predicts a token outside of it. */
  readonly scored: number;
}

/** Chunks that are decoded at once, each as a sequence of its own: as many as a batch holds, like llama-perplexity does. */
export function chunksPerBatch(contextSize: number): number {
  return Math.max(1, Math.floor(batchTokens / contextSize));
}

/** Scored positions of a chunk: contextSize/2 … contextSize-2. */
export function scoredPerChunk(contextSize: number): number {
  return contextSize - 1 - Math.floor(contextSize / 2);
}

/** Position of the first scored one. */
export function firstScored(contextSize: number): number {
  return Math.floor(contextSize / 2);
}

/** The decode calls of one chunk, in order; calls after the last scored position are left out. */
export function planBatches(contextSize: number): ChunkBatch[] {
  const first = firstScored(contextSize);
  const batches: ChunkBatch[] = [];
  for (let start = 0; start < contextSize - 1; start += batchTokens) {
    const count = Math.min(batchTokens, contextSize - start);
    const scored = Math.min(start + count, contextSize - 1) - Math.max(start, first);
    batches.push({
      start,
      count,
      firstOutput: Math.min(Math.max(0, first - start), count),
      scored: Math.max(0, scored),
    });
  }
  return batches;
}
