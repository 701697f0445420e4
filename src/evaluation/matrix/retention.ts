// Retention: how much of an adapter's change is left in the weights after merging and quantizing. r = ⟨Q(W+ΔW) − Q(W), ΔW⟩ /
// ‖ΔW‖²: 1 when quantizing passes the change on, 0 when it is lost. Rounding errors of other weights move too, so the cosine
// between what came out and what went in tells how much noise came with it. Sums are added up slab by slab, over tensors too.

export interface RetentionSums {
  /** Σ (Q(W+ΔW) − Q(W))·ΔW, in F64. */
  product: number;
  /** Σ ΔW². */
  norm: number;
  /** Σ (Q(W+ΔW) − Q(W))². */
  outcome: number;
}

export function newRetentionSums(): RetentionSums {
  return { product: 0, norm: 0, outcome: 0 };
}

/** Adds one slab; the arrays are equally long: the decoded merged and base rows, and the change of the unquantized ones. */
export function addRetention(
  sums: RetentionSums,
  merged: Float32Array,
  base: Float32Array,
  delta: Float32Array,
): void {
  let product = 0;
  let norm = 0;
  let outcome = 0;
  for (let index = 0; index < delta.length; index++) {
    const change = delta[index]!;
    const moved = merged[index]! - base[index]!;
    product += moved * change;
    outcome += moved * moved;
    norm += change * change;
  }
  sums.product += product;
  sums.norm += norm;
  sums.outcome += outcome;
}

/** Undefined where nothing was changed: there is nothing to keep. */
export function retentionOf({ product, norm }: RetentionSums): number | undefined {
  return norm === 0 ? undefined : product / norm;
}

/** 1 when nothing but the change came out; 0 when it is lost. Undefined where nothing was changed. */
export function cosineOf({ product, norm, outcome }: RetentionSums): number | undefined {
  if (norm === 0) return undefined;
  return outcome === 0 ? 0 : product / Math.sqrt(norm * outcome);
}

/** Over several tensors: sums are added, because a mean of ratios would weigh a tensor that hardly changes like any other. */
export function joinRetention(parts: readonly RetentionSums[]): RetentionSums {
  return parts.reduce(
    (sum, { product, norm, outcome }) => ({
      product: sum.product + product,
      norm: sum.norm + norm,
      outcome: sum.outcome + outcome,
    }),
    newRetentionSums(),
  );
}
