// Figures as reports write them: as many digits as the error leaves, and every error said.
import type { Estimate, Interval, Timing } from '#src/contract/quality/measurements.ts';

/** Two significant digits of the error, and the value with the same places. `scale` 100 is for percent. */
export function plusMinus({ value, error }: Estimate, scale = 1): string {
  const places = placesOf(error * scale);
  return `${(value * scale).toFixed(places)} ± ${(error * scale).toFixed(places)}`;
}

/** Three significant digits, at most nine places. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const places = 2 - Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(9, Math.max(0, places)));
}

/** `0.0259 to 0.0305`; undefined for one that says nothing (a single chunk has no spread). */
export function intervalText({ low, high }: Interval): string | undefined {
  if (!isKnown(low) || !isKnown(high)) return undefined;
  const places = placesOf((high - low) / 4);
  return `${low.toFixed(places)} to ${high.toFixed(places)}`;
}

export function isKnown(bound: number): boolean {
  return Math.abs(bound) < 1e100;
}

/** Median, and the ends of the runs where they differ. */
export function timingText(
  { median, low, high }: Timing,
  write: (value: number) => string,
): string {
  const [middle, from, to] = [write(median), write(low), write(high)];
  return from === to ? middle : `${middle} (${from} to ${to})`;
}

export function rateText(value: number): string {
  return value.toFixed(value >= 100 ? 0 : 1);
}

export function secondsText(value: number): string {
  if (value >= 1) return `${value.toFixed(2)} s`;
  return `${(value * 1000).toFixed(value < 0.01 ? 1 : 0)} ms`;
}

function placesOf(error: number): number {
  if (!(error > 0) || !Number.isFinite(error)) return 5;
  return Math.min(9, Math.max(0, 1 - Math.floor(Math.log10(error))));
}
