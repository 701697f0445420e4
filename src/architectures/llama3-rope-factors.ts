// Llama 3.1's rotary scaling as the tensor that llama.cpp multiplies with (conversion/llama.py,
// generate_extra_tensors). Every step is rounded to F32, in the order in which torch computes it, because the tensor is
// compared byte by byte. The power is rounded correctly; torch's may differ by one unit in the last place, which
// changes no factor of any published Llama and 5 in 32,600 over a grid of bases and head lengths.
import type { RopeParameters } from './rope-parameters.ts';
import { findNumber } from './hyperparameters.ts';

const f32 = Math.fround;

/** One divisor per pair of a head's dimensions (headLength / 2 values). */
export function llama3RopeFactors(rope: RopeParameters, headLength: number): Float32Array {
  const value = (key: string, fallback: number) => findNumber(rope.full, [key]) ?? fallback;
  const base = f32(value('rope_theta', 10_000));
  const factor = f32(value('factor', 8));
  const lowFactor = value('low_freq_factor', 1);
  const highFactor = value('high_freq_factor', 4);
  const context = value('original_max_position_embeddings', 8_192);
  const longest = f32(context / lowFactor);
  const shortest = f32(context / highFactor);
  return Float32Array.from({ length: headLength / 2 }, (_, pair) => {
    const power = f32(Math.pow(base, f32((2 * pair) / headLength)));
    const wavelength = f32(f32(1 / f32(1 / power)) * f32(2 * Math.PI));
    if (wavelength < shortest) return 1;
    if (wavelength > longest) return factor;
    const above = f32(f32(f32(1 / wavelength) * f32(context)) - f32(lowFactor));
    const smooth = f32(above / f32(highFactor - lowFactor));
    return f32(1 / f32(f32(f32(1 - smooth) / factor) + smooth));
  });
}
