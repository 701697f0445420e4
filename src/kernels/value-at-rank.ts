// Finds the value at a rank without sorting everything: rows of logits have 100,000 values, of which a few hundred matter.

/** The `rank`-th largest value (1 is the largest) of a non-empty array without NaN. Reorders `values` (Hoare's select). */
export function valueAtRank(values: Float32Array, rank: number): number {
  const wanted = rank - 1;
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >>> 1] as number;
    let left = low;
    let right = high;
    while (left <= right) {
      while ((values[left] as number) > pivot) left++;
      while ((values[right] as number) < pivot) right--;
      if (left > right) break;
      const value = values[left] as number;
      values[left++] = values[right] as number;
      values[right--] = value;
    }
    if (wanted <= right) high = right;
    else if (wanted >= left) low = left;
    else break;
  }
  return values[wanted] as number;
}
