// Pure data: ggml's element types, from ggml.h and gguf-py/gguf/constants.py (GGML_QUANT_SIZES) of llama.cpp v0.5.0.
// Sizes, plans, help texts and validation all come from this table.

export interface GgmlTypeInfo {
  /** The number written in GGUF files. */
  readonly id: number;
  /** Weights per block. */
  readonly blockSize: number;
  /** Bytes per block. */
  readonly bytesPerBlock: number;
  /** How libggml prints it (`ggml_type_name`). */
  readonly ggmlName: string;
  readonly kind: 'float' | 'integer' | 'quantized';
}

const float = (id: number, bytes: number, ggmlName: string) =>
  ({ id, blockSize: 1, bytesPerBlock: bytes, ggmlName, kind: 'float' }) as const;
const integer = (id: number, bytes: number, ggmlName: string) =>
  ({ id, blockSize: 1, bytesPerBlock: bytes, ggmlName, kind: 'integer' }) as const;
const quantized = (id: number, blockSize: number, bytesPerBlock: number, ggmlName: string) =>
  ({ id, blockSize, bytesPerBlock, ggmlName, kind: 'quantized' }) as const;

export const ggmlTypes = {
  F32: float(0, 4, 'f32'),
  F16: float(1, 2, 'f16'),
  Q4_0: quantized(2, 32, 18, 'q4_0'),
  Q4_1: quantized(3, 32, 20, 'q4_1'),
  Q5_0: quantized(6, 32, 22, 'q5_0'),
  Q5_1: quantized(7, 32, 24, 'q5_1'),
  Q8_0: quantized(8, 32, 34, 'q8_0'),
  Q8_1: quantized(9, 32, 36, 'q8_1'),
  Q2_K: quantized(10, 256, 84, 'q2_K'),
  Q3_K: quantized(11, 256, 110, 'q3_K'),
  Q4_K: quantized(12, 256, 144, 'q4_K'),
  Q5_K: quantized(13, 256, 176, 'q5_K'),
  Q6_K: quantized(14, 256, 210, 'q6_K'),
  Q8_K: quantized(15, 256, 292, 'q8_K'),
  IQ2_XXS: quantized(16, 256, 66, 'iq2_xxs'),
  IQ2_XS: quantized(17, 256, 74, 'iq2_xs'),
  IQ3_XXS: quantized(18, 256, 98, 'iq3_xxs'),
  IQ1_S: quantized(19, 256, 50, 'iq1_s'),
  IQ4_NL: quantized(20, 32, 18, 'iq4_nl'),
  IQ3_S: quantized(21, 256, 110, 'iq3_s'),
  IQ2_S: quantized(22, 256, 82, 'iq2_s'),
  IQ4_XS: quantized(23, 256, 136, 'iq4_xs'),
  I8: integer(24, 1, 'i8'),
  I16: integer(25, 2, 'i16'),
  I32: integer(26, 4, 'i32'),
  I64: integer(27, 8, 'i64'),
  F64: float(28, 8, 'f64'),
  IQ1_M: quantized(29, 256, 56, 'iq1_m'),
  BF16: float(30, 2, 'bf16'),
  TQ1_0: quantized(34, 256, 54, 'tq1_0'),
  TQ2_0: quantized(35, 256, 66, 'tq2_0'),
  MXFP4: quantized(39, 32, 17, 'mxfp4'),
  NVFP4: quantized(40, 64, 36, 'nvfp4'),
  Q1_0: quantized(41, 128, 18, 'q1_0'),
  Q2_0: quantized(42, 64, 18, 'q2_0'),
} as const satisfies Record<string, GgmlTypeInfo>;

export type GgmlType = keyof typeof ggmlTypes;

/** `GGML_TYPE_COUNT` of llama.cpp v0.5.0, which its API reads as "not set". */
export const ggmlTypeCount = 43;

const typeById = new Map<number, GgmlType>();
const typeByGgmlName = new Map<string, GgmlType>();
for (const [name, info] of Object.entries(ggmlTypes) as [GgmlType, GgmlTypeInfo][]) {
  typeById.set(info.id, name);
  typeByGgmlName.set(info.ggmlName.toLowerCase(), name);
}

/** The type with this number in a GGUF file, or undefined for unknown and removed ones. */
export function ggmlTypeById(id: number): GgmlType | undefined {
  return typeById.get(id);
}

/** The type that libggml or a user names, in any case (`q4_K`, `Q4_K`). */
export function ggmlTypeByName(name: string): GgmlType | undefined {
  return typeByGgmlName.get(name.toLowerCase());
}

export function isQuantizedType(type: GgmlType): boolean {
  return ggmlTypes[type].kind === 'quantized';
}

/** Bytes of one row of `columns` weights. `columns` must be a multiple of the type's block size. */
export function rowByteLength(type: GgmlType, columns: number): number {
  const { blockSize, bytesPerBlock } = ggmlTypes[type];
  if (columns % blockSize !== 0) {
    throw new RangeError(
      `A row of ${columns} weights does not divide into ${type} blocks of ${blockSize}`,
    );
  }
  return (columns / blockSize) * bytesPerBlock;
}

/** Bytes of a whole tensor; `shape` in ggml order (row length first). */
export function tensorByteLength(type: GgmlType, shape: readonly number[]): number {
  return rowByteLength(type, shape[0] ?? 1) * shape.slice(1).reduce((rows, size) => rows * size, 1);
}
