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
  /** B, row-major (rows, rank); its first row belongs to the tensor row `firstRow` of the combination. */
  readonly b: Float32Array;
  /** An F32 value: weight · alpha / rank (or alpha / √rank for rsLoRA), each step rounded as llama.cpp does. */
  readonly scale: number;
}

interface CombinationBase {
  /** Adapters in recipe order. */
  readonly deltas: readonly LowRankDelta[];
  /** The tensor row that row 0 of every `b` (and of `magnitude`) belongs to; 0 unless sliced for a slab of rows. */
  readonly firstRow: number;
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

/** The part of a combination that rows [firstRow, firstRow + rowCount) need: what a worker thread is sent. */
export function sliceCombination(
  combination: RowCombination,
  firstRow: number,
  rowCount: number,
): RowCombination {
  const start = firstRow - combination.firstRow;
  const deltas = combination.deltas.map((delta) => ({
    ...delta,
    b: delta.b.slice(start * delta.rank, (start + rowCount) * delta.rank),
  }));
  if (combination.method !== 'dora') return { ...combination, deltas, firstRow };
  const magnitude = combination.magnitude.slice(start, start + rowCount);
  return { ...combination, deltas, firstRow, magnitude };
}
