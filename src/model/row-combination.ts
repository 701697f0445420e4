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
  /** An F32 value: weight · alpha / rank (or alpha / √rank for rsLoRA), each step rounded as llama.cpp does. */
  readonly scale: number;
}

interface CombinationBase {
  /** Adapters in recipe order. */
  readonly deltas: readonly LowRankDelta[];
}

/** What is added to one tensor. `modules_to_save` needs none: the merged view reads the adapter's own tensor instead. */
export type RowCombination =
  /** W + Σ ΔWᵢ. */
  | (CombinationBase & { readonly method: 'sum' })
  /** TIES: trim each ΔWᵢ to |ΔWᵢ| >= `thresholds[i]`, elect the sign of the sum, add the mean of those that agree. */
  | (CombinationBase & { readonly method: 'ties'; readonly thresholds: Float32Array })
  /** DARE: keep each element of ΔWᵢ with probability `density` and divide it by it; `keys` (2 per adapter) decide. */
  | (CombinationBase & {
      readonly method: 'dare';
      readonly density: number;
      readonly keys: Uint32Array;
    })
  /** DoRA: the first delta's rows W + ΔW₀ are rescaled to the trained norms `magnitude` (rows); the others are added. */
  | (CombinationBase & { readonly method: 'dora'; readonly magnitude: Float32Array });
