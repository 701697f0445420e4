// The interval of a share: votes won, questions answered, prompts routed. E. B. Wilson (1927), "Probable inference, the law of
// succession, and statistical inference": honest for small counts and for shares near 0 and 1, where value ± error is not.
import type { Interval } from '#src/contract/quality/measurements.ts';

/** 97.5 % quantile of the normal distribution. */
const quantile = 1.959963984540054;

/** 95 % interval of the share `hits` / `count`, never beyond 0 and 1; 0 to 1 without any. `hits` may be halves (ties). */
export function wilsonInterval(hits: number, count: number): Interval {
  if (count === 0) return { low: 0, high: 1 };
  const share = hits / count;
  const square = quantile ** 2;
  const centre = share + square / (2 * count);
  const half = quantile * Math.sqrt((share * (1 - share) + square / (4 * count)) / count);
  const whole = 1 + square / count;
  return {
    low: hits === 0 ? 0 : Math.max(0, (centre - half) / whole),
    high: hits === count ? 1 : Math.min(1, (centre + half) / whole),
  };
}
