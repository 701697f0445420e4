// Rounding errors of single tensors as allocation uses them, and which of them are too wild to be used.
import type { GgmlType } from '#src/tensors/ggml-types.ts';

/** Relative squared error (weighted, where there is an importance matrix) of one tensor in one type; NaN where it failed. */
export interface LocalError {
  readonly type: GgmlType;
  readonly error: number;
}

/** Above half of the signal's energy a type has destroyed the tensor. */
const hopeless = 0.5;
/** So many times the same type's usual error is an outlier, when it is large at all. */
const outlierRatio = 8;
const outlierLeast = 0.05;

/**
 * Tensor name -> errors of the types that may be used: pairs that are not finite, hopeless, or far outside what the type does
 * to other tensors are forbidden. Where nothing would be left, the tensor's least error stays.
 */
export function usableErrors(
  errors: ReadonlyMap<string, readonly LocalError[]>,
): ReadonlyMap<string, readonly LocalError[]> {
  const usual = medians(errors);
  const isUsable = ({ type, error }: LocalError) =>
    Number.isFinite(error) &&
    error <= hopeless &&
    (error <= outlierLeast || error <= outlierRatio * (usual.get(type) ?? Infinity));
  return new Map(
    [...errors].map(([name, list]) => {
      const usable = list.filter(isUsable);
      if (usable.length > 0) return [name, usable];
      const finite = list.filter(({ error }) => Number.isFinite(error));
      return [name, finite.sort((left, right) => left.error - right.error).slice(0, 1)];
    }),
  );
}

function medians(
  errors: ReadonlyMap<string, readonly LocalError[]>,
): ReadonlyMap<GgmlType, number> {
  const byType = new Map<GgmlType, number[]>();
  for (const { type, error } of [...errors.values()].flat()) {
    if (Number.isFinite(error)) byType.set(type, [...(byType.get(type) ?? []), error]);
  }
  return new Map(
    [...byType].map(([type, values]) => {
      values.sort((left, right) => left - right);
      return [type, values[Math.floor((values.length - 1) / 2)] ?? 0];
    }),
  );
}
