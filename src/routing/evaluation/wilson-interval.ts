// Wilson's interval for a share (1927): honest for few prompts and for shares near 0 and 1, where value ± error is not.

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Normal quantile of 97.5 %. */
const quantile = 1.959963984540054;

/** 95 % interval for `hits` of `count`; 0 to 1 without any. */
export function wilsonInterval(hits: number, count: number): Interval {
  if (count === 0) return { value: 0, low: 0, high: 1 };
  const share = hits / count;
  const square = quantile * quantile;
  const scale = 1 + square / count;
  const middle = (share + square / (2 * count)) / scale;
  const half =
    (quantile / scale) * Math.sqrt((share * (1 - share)) / count + square / (4 * count * count));
  return {
    value: share,
    low: hits === 0 ? 0 : Math.max(0, middle - half),
    high: hits === count ? 1 : Math.min(1, middle + half),
  };
}
