// GGUF as typed structures. Specification: ggml's docs/gguf.md; type numbers in ggml/include/gguf.h.
import type { GgmlType } from '#src/tensors/ggml-types.ts';

/** Value types in the order of their numbers in the file. */
export const ggufValueTypes = [
  'uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float32', 'bool', 'string', 'array', 'uint64', 'int64', 'float64',
] as const; // prettier-ignore

export type GgufValueType = (typeof ggufValueTypes)[number];
export type GgufNumberType = Exclude<
  GgufValueType,
  'bool' | 'string' | 'array' | 'uint64' | 'int64'
>;

export type GgufValue =
  | { readonly type: GgufNumberType; readonly value: number }
  | { readonly type: 'uint64' | 'int64'; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | GgufArray;

export type GgufArray =
  | {
      readonly type: 'array';
      readonly elementType: GgufNumberType;
      readonly value: ArrayLike<number>;
    }
  | {
      readonly type: 'array';
      readonly elementType: 'uint64' | 'int64';
      readonly value: ArrayLike<bigint>;
    }
  | { readonly type: 'array'; readonly elementType: 'bool'; readonly value: readonly boolean[] }
  | { readonly type: 'array'; readonly elementType: 'string'; readonly value: readonly string[] }
  | { readonly type: 'array'; readonly elementType: 'array'; readonly value: readonly GgufArray[] };

/** One metadata entry; a model's metadata is an ordered list of these, because files are compared byte by byte. */
export interface GgufEntry {
  readonly key: string;
  readonly value: GgufValue;
  /**
   * The value's own bytes as read from a file (without key and type). The writer prefers them: strings that are not
   * valid UTF-8 and NaN payloads survive a copy unchanged. Absent for values that we made.
   */
  readonly encoded?: Uint8Array;
}

export interface GgufTensorInfo {
  readonly name: string;
  /** Dimensions in ggml order: `shape[0]` is the row length (ne0). */
  readonly shape: readonly number[];
  readonly type: GgmlType;
  /** Offset of the data, relative to the start of the data section; a multiple of the alignment. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface GgufHeader {
  readonly version: 2 | 3;
  readonly metadata: readonly GgufEntry[];
  readonly tensors: readonly GgufTensorInfo[];
  /** `general.alignment`, 32 when absent. */
  readonly alignment: number;
  /** File offset of the data section. */
  readonly dataOffset: number;
}
