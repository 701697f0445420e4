// Tensors whose data can be read as a whole, and in which pieces.
import { rowCountOf } from '#src/model/model-view.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import type { SubjectTensor } from '../subject.ts';
import type { ScannedTensor } from './scan-tensor.ts';

/** Bytes read at once: large enough for full disk speed, small beside any memory. */
export const slabBytes = 4 << 20;

/** A tensor whose data can be read as a whole. */
export interface ReadTensor extends SubjectTensor {
  readonly type: GgmlType;
  readonly byteLength: number;
  readonly data: { readonly offset: number; readonly size: number };
}

export interface ScannedSubject {
  readonly tensors: readonly { readonly tensor: ReadTensor; readonly scanned: ScannedTensor; readonly sha256: string | undefined }[]; // prettier-ignore
  /** Not read: cut off, or of unknown place or type. */
  readonly unread: number;
}

export function isReadable(tensor: SubjectTensor): tensor is ReadTensor {
  const { type, byteLength, data, present } = tensor;
  return type !== undefined && byteLength !== undefined && data?.size === byteLength && present === byteLength; // prettier-ignore
}

/** True for what the model multiplies with: more than one row, and no norm or bias. */
export function isWeightMatrix({ name, shape }: Pick<SubjectTensor, 'name' | 'shape'>): boolean {
  return rowCountOf(shape) > 1 && (shape[0] ?? 0) > 1 && !/norm|bias/.test(name);
}
