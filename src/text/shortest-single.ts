// F32 values as their authors wrote them. A GGUF stores 0.7 in single precision; read as a double that is 0.699999988079071.

/**
 * The number with the fewest decimal digits that rounds to the same F32 as `value`: 0.7 for 0.699999988079071. 9 digits
 * always tell an F32 from its neighbours (IEEE 754). Values that are no F32 are rounded to one first.
 */
export function shortestSingle(value: number): number {
  const single = Math.fround(value);
  // The sign of zero is lost in text.
  if (single === 0 || !Number.isFinite(single)) return single;
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) return short;
  }
  return Number(single.toPrecision(9));
}
