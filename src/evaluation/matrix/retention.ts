// Retention: how much of an adapter's change is left in the weights after merging and quantizing. r = ⟨Q(W+ΔW) − Q(W), ΔW⟩ /
// ‖ΔW‖²: 1 when quantizing passes the change on, 0 when it is lost. Sums are added up slab by slab, over tensors too.

export interface RetentionSums {
  /** Σ (Q(W+ΔW) − Q(W))·ΔW, in F64. */
  product: number;
  /** Σ ΔW². */
  norm: number;
}

export function newRetentionSums(): RetentionSums {
  return { product: 0, norm: 0 };
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
  for (let index = 0; index < delta.length; index++) {
    const change = delta[index]!;
    product += (merged[index]! - base[index]!) * change;
    norm += change * change;
  }
  sums.product += product;
  sums.norm += norm;
}

/** Undefined where nothing was changed: there is nothing to keep. */
export function retentionOf({ product, norm }: RetentionSums): number | undefined {
  return norm === 0 ? undefined : product / norm;
}

/** Over several tensors: sums are added, because a mean of ratios would weigh a tensor that hardly changes like any other. */
export function joinRetention(parts: readonly RetentionSums[]): RetentionSums {
  return parts.reduce(
    (sum, { product, norm }) => ({ product: sum.product + product, norm: sum.norm + norm }),
    newRetentionSums(),
  );
}
