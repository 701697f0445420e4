// From values to places: linear and logarithmic scales with ticks that people read. No chart library: the log axis, the error
// bars and the label places of the size/quality plane need this much and no more.

export interface Scale {
  readonly kind: 'linear' | 'log';
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
  /** Place of a value; values outside the domain land outside the range. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

/** A linear scale whose domain is widened to round numbers; `about` is how many ticks are wanted. */
export function linearScale(
  values: readonly number[],
  range: readonly [number, number],
  { about = 5, padding = 0.06 }: { about?: number; padding?: number } = {},
): Scale {
  const finite = values.filter(Number.isFinite);
  let low = finite.length === 0 ? 0 : Math.min(...finite);
  let high = finite.length === 0 ? 1 : Math.max(...finite);
  if (low === high) {
    const spread = low === 0 ? 1 : Math.abs(low) * 0.1;
    low -= spread;
    high += spread;
  }
  const room = (high - low) * padding;
  const domain = [low - room, high + room] as const;
  const step = niceStep((domain[1] - domain[0]) / about);
  const ticks: number[] = [];
  // Counted in whole steps, so that 0.1 + 0.2 does not spoil a label.
  for (let n = Math.ceil(domain[0] / step); n * step <= domain[1]; n++)
    ticks.push(rounded(n * step));
  return { kind: 'linear', domain, range, ticks, at: place(domain, range, (value) => value) };
}

/** A logarithmic scale; values of zero and below have no place on it and are drawn at its lower end. */
export function logScale(
  values: readonly number[],
  range: readonly [number, number],
  { padding = 0.08 }: { padding?: number } = {},
): Scale {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  const low = positive.length === 0 ? 0.01 : Math.min(...positive);
  const high = positive.length === 0 ? 1 : Math.max(...positive);
  const decades = Math.max(0.5, Math.log10(high / low));
  const room = 10 ** (decades * padding);
  const middle = Math.sqrt(low * high);
  const half = 10 ** (decades / 2);
  const domain = [middle / half / room, middle * half * room] as const;
  return {
    kind: 'log',
    domain,
    range,
    ticks: logTicks(domain),
    at: place(domain, range, (value) => Math.log10(Math.max(value, domain[0]))),
  };
}

/** Powers of ten where there are several; else 1, 2, 5 steps between them. */
function logTicks([low, high]: readonly [number, number]): number[] {
  const steps =
    Math.log10(high / low) >= 2.2 ? [1] : Math.log10(high / low) >= 1 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const step of steps) {
      const value = rounded(step * 10 ** power);
      if (value >= low && value <= high) ticks.push(value);
    }
  }
  return ticks;
}

function place(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
  transform: (value: number) => number,
): (value: number) => number {
  const start = transform(low);
  const span = transform(high) - start;
  return (value) => from + ((transform(value) - start) / span) * (to - from);
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = rough / power;
  return power * (factor < 1.5 ? 1 : factor < 3.5 ? 2 : factor < 7.5 ? 5 : 10);
}

function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

/** A tick's label: as few digits as it needs. */
export function tickText(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return String(rounded(value));
  return value.toExponential(0).replace('e+', 'e');
}
