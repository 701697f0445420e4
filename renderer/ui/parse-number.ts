// Reads what is typed into a number field: the value, or what is wrong with it in a sentence.

export interface NumberLimits {
  readonly minimum: number;
  readonly maximum: number;
  readonly whole: boolean;
  /** An empty text is no value, and fine. */
  readonly optional: boolean;
}

export type ParsedNumber =
  | { readonly value: number | undefined; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: string };

/** A point or a comma may part the decimals; spaces and underscores are passed over. */
export function parseNumber(text: string, limits: NumberLimits): ParsedNumber {
  const plain = text.replace(/[\s_]/g, '').replace(',', '.');
  if (plain === '') {
    return limits.optional ? { value: undefined } : { problem: `Type ${wanted(limits)}.` };
  }
  const value = Number(plain);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) || !Number.isFinite(value)) {
    return { problem: `"${text.trim()}" is not a number. Type ${wanted(limits)}.` };
  }
  if (limits.whole && !Number.isInteger(value)) return { problem: `Type ${wanted(limits)}.` };
  if (value < limits.minimum || value > limits.maximum) {
    return { problem: `${plain} is out of range. Type ${wanted(limits)}.` };
  }
  return { value };
}

/** One step up or down from a value, rounded to what the step can say, within the limits. */
export function stepNumber(
  value: number | undefined,
  change: number,
  { minimum, maximum }: Pick<NumberLimits, 'minimum' | 'maximum'>,
): number {
  const start = value ?? (Number.isFinite(minimum) ? minimum - change : 0);
  const digits = Math.max(decimalsOf(start), decimalsOf(change));
  return Math.min(maximum, Math.max(minimum, Number((start + change).toFixed(digits))));
}

function decimalsOf(value: number): number {
  return Math.min(12, /\.(\d+)$/.exec(String(value))?.[1]?.length ?? 0);
}

function wanted({ minimum, maximum, whole }: NumberLimits): string {
  const what = whole ? 'a whole number' : 'a number';
  if (Number.isFinite(minimum) && Number.isFinite(maximum)) {
    return `${what} from ${minimum} to ${maximum}`;
  }
  if (Number.isFinite(minimum)) return `${what} of ${minimum} or more`;
  if (Number.isFinite(maximum)) return `${what} of ${maximum} or less`;
  return what;
}
