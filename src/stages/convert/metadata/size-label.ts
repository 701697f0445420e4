// Model sizes in words: `494M`, `3.8B` (gguf/utility.py, model_weight_count_rounded_notation).

/** The size of a model with `parameterCount` weights, with two significant digits below 10. */
export function sizeLabel(parameterCount: number): string {
  const [scale, suffix] = scaleOf(parameterCount);
  const scaled = parameterCount * scale;
  const digits = String(roundHalfEven(scaled)).replace(/^0+/, '').length;
  return `${toFixedHalfEven(scaled, Math.max(2 - digits, 0))}${suffix}`;
}

function scaleOf(count: number): readonly [number, string] {
  if (count > 1e12) return [1e-12, 'T'];
  if (count > 1e9) return [1e-9, 'B'];
  if (count > 1e6) return [1e-6, 'M'];
  return [1e-3, 'K'];
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Python's `:.nf`: exact ties go to the even digit, where JavaScript's toFixed goes up. */
function toFixedHalfEven(value: number, digits: number): string {
  // A tie is exact only when what is left is binary: an odd multiple of 1/2, 1/4, 1/8 for 0, 1, 2 digits.
  const isTie = Math.abs((value * 2 ** (digits + 1)) % 2) === 1;
  if (!isTie) return value.toFixed(digits);
  return (roundHalfEven(value * 10 ** digits) / 10 ** digits).toFixed(digits);
}
