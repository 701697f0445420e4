// What the main thread and the row workers say to each other: plain data, and buffers that both sides share.
import type { WireError } from '#src/errors/studio-error.ts';
import type { RowCombination } from '#src/model/row-combination.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import type { LocatedLibrary } from '../ffi/locate-library.ts';

export interface RowWorkerData {
  readonly location: LocatedLibrary;
}

/** One encoding of the slab's rows. */
export interface RowJob {
  readonly type: GgmlType;
  /** Where in the slab's buffer the encoded rows go. */
  readonly offset: number;
  /** One weight per column, matrix after matrix of the whole tensor. */
  readonly importance: Float32Array | null;
}

/** Rows [firstRow, firstRow + rowCount) of one tensor; the source rows are at the start of `buffer`. */
export interface RowTask {
  readonly id: number;
  readonly buffer: SharedArrayBuffer;
  readonly sourceType: GgmlType;
  readonly columns: number;
  readonly firstRow: number;
  readonly rowCount: number;
  /** Rows of one matrix (shape[1]): each expert of a 3-D tensor has its own importance weights. */
  readonly rowsPerMatrix: number;
  readonly combination: RowCombination | null;
  readonly jobs: readonly RowJob[];
}

/** A value that is not finite. Row and column are given where they could be found. */
export interface RowFailure {
  readonly where: 'source' | 'merged' | 'encoded';
  readonly type: GgmlType;
  readonly row?: number;
  readonly column?: number;
  readonly value?: string;
}

/** What a worker is sent: a task, or the order to end after those before it. */
export type RowRequest = RowTask | 'end';

export type RowReply =
  | { readonly id: number; readonly outcome: 'done' }
  | { readonly id: number; readonly outcome: 'not-finite'; readonly failure: RowFailure }
  | { readonly id: number; readonly outcome: 'error'; readonly error: WireError };
