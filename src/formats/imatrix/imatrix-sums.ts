// An importance matrix as llama-imatrix keeps it while it collects: sums and counts, not yet divided. Means are what
// quantizers use (imatrix-file.ts); sums are what can be added to.

export interface ImatrixEntry {
  /** Σ x² of each input channel; for experts one row after the other. F32, as llama-imatrix adds them up. */
  readonly sums: Float32Array;
  /** Tokens of each row of sums: one count, or one for each expert. Exact up to 2^53. */
  readonly counts: Float64Array;
}

export interface ImatrixSums {
  /** By the weight's GGUF tensor name. */
  readonly entries: ReadonlyMap<string, ImatrixEntry>;
  /** Names of the calibration texts. */
  readonly datasets: readonly string[];
  /** Tokens of a chunk; 0 when unknown (the older form does not keep it). */
  readonly chunkSize: number;
  readonly chunkCount: number;
}

/** llama-imatrix's number of chunks: the most tokens that any row saw, over the tokens of a chunk. */
export function countChunks(entries: ReadonlyMap<string, ImatrixEntry>, chunkSize: number): number {
  let most = 0;
  for (const { counts } of entries.values()) {
    for (const count of counts) most = Math.max(most, count);
  }
  return chunkSize > 0 ? Math.floor(most / chunkSize) : 0;
}
