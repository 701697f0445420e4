// Tensors whose data can be read as a whole, and how: in slabs that end between blocks.
import { rowCountOf } from '#src/model/model-view.ts';
import { rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import type { SubjectTensor } from '../subject.ts';
import type { ScannedTensor } from './scan-tensor.ts';

/** Bytes read at once: large enough for full disk speed, small beside any memory. */
export const slabBytes = 4 << 20;
/** A multiple of every block size, so a piece of a row ends between blocks. */
const blockWeights = 256;

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

/** Whole rows where several fit into a slab; a longer row is read in whole blocks. */
export function* slabsOf({
  type,
  shape,
  byteLength,
}: ReadTensor): Generator<{ offset: number; length: number }> {
  const rowBytes = rowByteLength(type, shape[0] ?? 1);
  const unit = rowBytes <= slabBytes ? rowBytes : rowByteLength(type, blockWeights);
  const step = Math.max(1, Math.floor(slabBytes / Math.max(1, unit))) * unit;
  for (let offset = 0; offset < byteLength; offset += step) {
    yield { offset, length: Math.min(step, byteLength - offset) };
  }
}

/** True for what the model multiplies with: more than one row, and no norm or bias. */
export function isWeightMatrix({ name, shape }: Pick<SubjectTensor, 'name' | 'shape'>): boolean {
  return rowCountOf(shape) > 1 && (shape[0] ?? 0) > 1 && !/norm|bias/.test(name);
}
