// Output types of a conversion and the type that the reference gives each tensor (conversion/base.py, prepare_tensors).
import { ggmlTypes, type GgmlType } from '#src/tensors/ggml-types.ts';
import { levels } from '#src/tensors/levels.ts';

/** The types that weights are stored in; `auto` and `lossless` choose one of them. */
export type ConvertedType = 'F32' | 'F16' | 'BF16' | 'Q8_0';

/** `--outtype`. */
export type Outtype = 'f32' | 'f16' | 'bf16' | 'q8_0' | 'auto' | 'lossless';

/** A tensor as it will be named and shaped (ggml order), with the element type of the checkpoint. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/**
 * The type of matrices for an `--outtype`.
 * `auto`: BF16 or F16 after the first matrix of either type, else F16, as the reference does.
 * `lossless`: the smallest type that holds every matrix exactly: BF16 or F16 when all have it, else F32.
 */
export function convertedType(outtype: Outtype, tensors: readonly StoredTensor[]): ConvertedType {
  switch (outtype) {
    case 'f32':
      return 'F32';
    case 'f16':
      return 'F16';
    case 'bf16':
      return 'BF16';
    case 'q8_0':
      return 'Q8_0';
    case 'auto': {
      const first = tensors.find(
        ({ dtype, shape }) => shape.length > 1 && (dtype === 'BF16' || dtype === 'F16'),
      );
      return first?.dtype === 'BF16' ? 'BF16' : 'F16';
    }
    case 'lossless': {
      const matrices = tensors.filter(({ name, shape }) => !isAlwaysF32(name, shape));
      const types = new Set(matrices.map(({ dtype }) => dtype));
      const [only] = types;
      return types.size === 1 && (only === 'BF16' || only === 'F16') ? only : 'F32';
    }
  }
}

/** `general.file_type` of a conversion. */
export function fileTypeOf(type: ConvertedType): number {
  return levels[type].fileType;
}

/** Vectors, norms and biases, and the matrices that llama.cpp reads in F32 only: positions and token types. */
function isAlwaysF32(name: string, shape: readonly number[]): boolean {
  return (
    shape.length <= 1 ||
    name.endsWith('_norm.weight') ||
    !name.endsWith('.weight') ||
    name === 'position_embd.weight' ||
    name === 'token_types.weight'
  );
}

/** The type that a tensor is written in; `shape` in ggml order. */
export function plannedType(
  name: string,
  shape: readonly number[],
  matrixType: ConvertedType,
): GgmlType {
  if (isAlwaysF32(name, shape)) return 'F32';
  // Rows that do not divide into blocks stay in half precision.
  return (shape[0] ?? 1) % ggmlTypes[matrixType].blockSize === 0 ? matrixType : 'F16';
}
