// A model as every stage sees it: ordered metadata and lazily read tensors. Converting, merging and pruning are views
// over views; nothing is read before someone asks for rows, and nothing is stored before someone writes a file.
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { RowCombination } from './row-combination.ts';

export interface TensorView {
  /** GGUF name (`blk.0.attn_q.weight`). */
  readonly name: string;
  /** ggml order: `shape[0]` is the row length (ne0), the product of the others the number of rows. */
  readonly shape: readonly number[];
  /** The encoding of the bytes that `readRows` gives. */
  readonly type: GgmlType;
  /**
   * Fills `target` with rows [firstRow, firstRow + rowCount), encoded as `type`, row after row.
   * `target.byteLength` is exactly rowCount × rowByteLength(type, shape[0]). Rejects with `signal.reason` when aborted.
   */
  readRows(
    firstRow: number,
    rowCount: number,
    target: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void>;
  /**
   * Present on merged tensors: gives what has to be added to the rows of `readRows` (which then are the *base's* rows in
   * `type`) to get the F32 result, by `combineRows`. Loaded per tensor, because the factors of a whole adapter would not
   * fit the memory budget; plain data, so that worker threads can do the arithmetic.
   */
  readonly loadCombination?: (signal?: AbortSignal) => Promise<RowCombination>;
}

export interface ModelView {
  /** Where it comes from, for messages. */
  readonly label: string;
  /** `general.architecture`. */
  readonly architecture: string;
  /** In file order. */
  readonly metadata: readonly GgufEntry[];
  /** In file order. */
  readonly tensors: readonly TensorView[];
  close(): Promise<void>;
}

/** Number of rows: the product of all dimensions but the first. */
export function rowCountOf(shape: readonly number[]): number {
  return shape.slice(1).reduce((rows, size) => rows * size, 1);
}

/** Number of weights. */
export function elementCountOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The value of a metadata key, or undefined. */
export function metadataValue(
  model: Pick<ModelView, 'metadata'>,
  key: string,
): GgufEntry['value'] | undefined {
  return model.metadata.find((entry) => entry.key === key)?.value;
}
