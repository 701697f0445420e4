// How LoRA deltas are added to the rows of one base tensor: plain data that crosses to worker threads.
// The arithmetic lives in src/stages/merge (combine-rows.ts); the order of additions is fixed there, so that every
// machine and every kernel gives the same bits.

/** One adapter's low-rank product for one tensor: ΔW = scale · B·A. */
export interface LowRankDelta {
  /** The adapter's name, for messages and provenance. */
  readonly adapter: string;
  readonly rank: number;
  /** A, row-major (rank, columns): columns is the tensor's row length. */
  readonly a: Float32Array;
  /** B, row-major (rows, rank). */
  readonly b: Float32Array;
  /** alpha / rank (or alpha / √rank for rsLoRA) times the user's weight. */
  readonly scale: number;
}

export type RowCombination =
  /** W + Σ ΔWᵢ, adapters in recipe order. */
  | { readonly method: 'sum'; readonly deltas: readonly LowRankDelta[] }
  /** TIES: trim each ΔWᵢ to `thresholds[i]` (absolute value), elect the sign of the sum, mean of those that agree. */
  | {
      readonly method: 'ties';
      readonly deltas: readonly LowRankDelta[];
      readonly thresholds: Float32Array;
    }
  /** DARE: keep each element with probability `density`, divide by it; `seed` and the element's index decide. */
  | {
      readonly method: 'dare';
      readonly deltas: readonly LowRankDelta[];
      readonly density: number;
      readonly seed: number;
    }
  /** DoRA: rows of (W + ΔW) are rescaled to the trained magnitudes (rows). */
  | {
      readonly method: 'dora';
      readonly deltas: readonly LowRankDelta[];
      readonly magnitude: Float32Array;
    }
  /** `modules_to_save`: the adapter's own full tensor, row-major (rows, columns). */
  | { readonly method: 'replace'; readonly deltas: readonly []; readonly weights: Float32Array };
