// How a tensor's encoded bytes are read to be checked: in slabs that end between blocks, so that memory is bounded.
import { rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { rowCountOf } from './model-view.ts';

/** A multiple of every block size, so a piece of a row ends between blocks. */
const blockWeights = 256;

/** Byte ranges of at most `slabBytes`: whole rows where several fit; a longer row in whole blocks. */
export function* slabsOf(
  { type, shape }: { readonly type: GgmlType; readonly shape: readonly number[] },
  slabBytes: number,
): Generator<{ offset: number; length: number }> {
  const rowBytes = rowByteLength(type, shape[0] ?? 1);
  const unit = rowBytes <= slabBytes ? rowBytes : rowByteLength(type, blockWeights);
  const step = Math.max(1, Math.floor(slabBytes / Math.max(1, unit))) * unit;
  const size = rowBytes * rowCountOf(shape);
  for (let offset = 0; offset < size; offset += step) {
    yield { offset, length: Math.min(step, size - offset) };
  }
}
