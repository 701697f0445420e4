// Totals over tensors: what a model consists of.
import type { InspectedTensor, TypeTotal } from '#src/contract/inspection.ts';

/** Totals by element type, largest first. */
export function totalsByType(tensors: readonly InspectedTensor[]): TypeTotal[] {
  const totals = new Map<string, TypeTotal>();
  for (const { type, shape, bytes } of tensors) {
    const total = totals.get(type) ?? { type, tensors: 0, weights: 0, bytes: 0 };
    totals.set(type, {
      type,
      tensors: total.tensors + 1,
      weights: total.weights + weightCount(shape),
      bytes: total.bytes + bytes,
    });
  }
  return [...totals.values()].sort((left, right) => right.bytes - left.bytes);
}

export function weightCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** `4,196,608 (4.2 M)`. */
export function describeCount(count: number): string {
  const exact = count.toLocaleString('en-US');
  const units = [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
  ] as const;
  const unit = units.find(([size]) => count >= size);
  return unit === undefined
    ? exact
    : `${exact} (${(count / unit[0]).toPrecision(count >= 100 * unit[0] ? 3 : 2)} ${unit[1]})`;
}
