// AssemblyScript (compiled to WebAssembly SIMD by `npm run build:kernels`, not part of the TypeScript program).
// Entry of the quantization kernels: encodes F32 rows bit for bit as libggml's scalar code for x64 does. The parts are in
// quants/: vectors (what all share), searches (scales of four blocks at once), k-quants, block-quants, floats (F16, BF16), decode.
import { encodeBlocks, encodeNonlinearSuperBlocks, IQ4_NL, Q8_0 } from './quants/block-quants.as';
import { decodeBrain, decodeHalf, encodeBrain, encodeHalf } from './quants/floats.as';
import { decodeBlocks } from './quants/decode.as';
import { encodeSuperBlocks } from './quants/k-quants.as';

const F16 = 1;
const IQ4_XS = 23;
const BF16 = 30;

/** Where the caller may put its data: everything below belongs to this module. */
export function freeMemory(): usize {
  return __heap_base;
}

/**
 * Encodes rows × blocks blocks (of 256 values; of 32 for Q4_0 to Q8_0 and IQ4_NL). `type` is ggml's number of the type.
 * x: f32 (rows, values); weights: f32 (values) or 0; target: encoded blocks; refused: u32 list, overwritten.
 * Returns how many blocks it left alone (values so small or large that libggml may differ); their indices are in `refused`.
 */
export function encode(
  type: i32,
  x: usize,
  weights: usize,
  target: usize,
  rows: i32,
  blocks: i32,
  refused: usize,
): i32 {
  if (type <= Q8_0 || type == IQ4_NL) return encodeBlocks(type, x, weights, target, rows, blocks, refused);
  if (type == IQ4_XS) return encodeNonlinearSuperBlocks(x, weights, target, rows, blocks, refused);
  return encodeSuperBlocks(type, x, weights, target, rows, blocks, refused);
}

/** f32 (count) at `x` to F16 or BF16 at `target`; `count` is a multiple of 8. */
export function encodeFloats(type: i32, x: usize, target: usize, count: i32): void {
  if (type == F16) encodeHalf(x, target, count);
  else if (type == BF16) encodeBrain(x, target, count);
  else unreachable();
}

/** `count` values (whole blocks; a multiple of 8) of any type that `encode` and `encodeFloats` know to f32 at `target`. */
export function decode(type: i32, source: usize, target: usize, count: i32): void {
  if (type == F16) decodeHalf(source, target, count);
  else if (type == BF16) decodeBrain(source, target, count);
  else decodeBlocks(type, source, target, type <= Q8_0 || type == IQ4_NL ? count >> 5 : count >> 8);
}
