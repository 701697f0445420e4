// Where magnitudes lie in the bytes of each tensor type: the 16-bit floats that scale a block, or the values themselves. A
// pattern is the number's upper 15 bits without the sign; patterns of one encoding rise with the magnitude.
import { ggmlTypes, type GgmlType } from '#src/tensors/ggml-types.ts';

export type Encoding = 'float16' | 'bfloat16' | 'float32';

export interface Magnitudes {
  readonly encoding: Encoding;
  /** Bytes from one block to the next. */
  readonly stride: number;
  /** Offsets of the numbers in a block. */
  readonly places: readonly number[];
  /** The largest weight that a scale of 1 can stand for. */
  readonly reach: number;
  /** They scale a block; else they are the weights themselves. */
  readonly areScales: boolean;
}

/** Offsets of `d` and `dmin` or `m` in ggml's blocks (ggml-common.h), and the largest quant times the largest sub-scale. */
const scales: Partial<Record<GgmlType, readonly [places: readonly number[], reach: number]>> = {
  Q4_0: [[0], 8],
  Q4_1: [[0, 2], 15],
  Q5_0: [[0], 16],
  Q5_1: [[0, 2], 31],
  Q8_0: [[0], 127],
  Q2_K: [[80, 82], 45],
  Q3_K: [[108], 128],
  Q4_K: [[0, 2], 945],
  Q5_K: [[0, 2], 1953],
  Q6_K: [[208], 4096],
  IQ2_XXS: [[0], 166],
  IQ2_XS: [[0], 166],
  IQ2_S: [[0], 166],
  IQ3_XXS: [[0], 480],
  IQ3_S: [[0], 465],
  IQ1_S: [[0], 17],
  IQ4_NL: [[0], 127],
  IQ4_XS: [[0], 4064],
  TQ1_0: [[52], 1],
  TQ2_0: [[64], 1],
  Q1_0: [[0], 1],
  Q2_0: [[0], 3],
};

/** Undefined for types whose scales are no floats of 16 bits in one piece (IQ1_M, MXFP4, NVFP4) and for integers. */
export function magnitudesOf(type: GgmlType): Magnitudes | undefined {
  const stride = ggmlTypes[type].bytesPerBlock;
  const values = { stride, places: [0], reach: 1, areScales: false };
  if (type === 'F16') return { encoding: 'float16', ...values };
  if (type === 'BF16') return { encoding: 'bfloat16', ...values };
  if (type === 'F32') return { encoding: 'float32', ...values };
  const known = scales[type];
  if (known === undefined) return undefined;
  return { encoding: 'float16', stride, places: known[0], reach: known[1], areScales: true };
}

/** The smallest pattern that is no number. */
export function firstNotFinite(encoding: Encoding): number {
  return encoding === 'float16' ? 0x7c00 : 0x7f80;
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The magnitude of a pattern; of F32 the lower bits are taken as 0. */
export function magnitudeOf(encoding: Encoding, pattern: number): number {
  if (encoding !== 'float16') {
    word[0] = (pattern << 16) >>> 0;
    return float[0] ?? 0;
  }
  const exponent = pattern >> 10;
  const fraction = pattern & 0x3ff;
  if (exponent === 31) return fraction === 0 ? Infinity : Number.NaN;
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The smallest pattern whose magnitude is above `bound`. */
export function patternAbove(encoding: Encoding, bound: number): number {
  let low = 0;
  let high = firstNotFinite(encoding);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (magnitudeOf(encoding, middle) > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}
