// What rounding does to each tensor in each type that it may get: sampled rows are encoded by the row workers exactly as the
// quantizer would, decoded, and compared. Weighted with the importance matrix where there is one.
import type { LocalError } from '#src/allocation/local-error.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { TensorView } from '#src/model/model-view.ts';
import { rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { nativeLibrary } from '../native-library.ts';
import { RowPool } from '../quantize/row-pool.ts';
import type { RowFailure } from '../quantize/row-task.ts';
import { toShared } from '../quantize/shared-arrays.ts';
import { sampleRows, type SampledMatrix } from './sample-rows.ts';

export interface TensorToSample {
  readonly source: TensorView;
  readonly types: readonly GgmlType[];
  /** Columns × matrices; absent where the matrix has no weights for this tensor. */
  readonly importance: Float32Array | undefined;
}

export interface LocalErrorOptions {
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}

/** Σ a (ŵ − w)² and Σ a w² over the sampled rows. */
interface ErrorSums {
  difference: number;
  norm: number;
}

/**
 * Relative squared error per tensor and type; NaN for pairs whose encoding is not finite.
 * Throws `quantize/failed` where the source itself is not finite, and what reading it throws.
 */
export async function localErrors(
  tensors: readonly TensorToSample[],
  options: LocalErrorOptions,
): Promise<ReadonlyMap<string, readonly LocalError[]>> {
  // Before the first row worker starts: see write-checked.ts.
  nativeLibrary();
  const pool = new RowPool(options.threads);
  const errors = new Map<string, readonly LocalError[]>();
  try {
    options.emit({ event: 'phase', phase: 'Trying types on sampled rows' });
    for (const tensor of tensors) {
      options.signal.throwIfAborted();
      errors.set(tensor.source.name, await errorsOf(tensor, pool, options.signal));
      const detail = tensor.source.name;
      options.emit({
        event: 'progress',
        done: errors.size,
        total: tensors.length,
        unit: 'tensors',
        detail,
      });
    }
  } finally {
    await pool.dispose();
  }
  return errors;
}

async function errorsOf(
  tensor: TensorToSample,
  pool: RowPool,
  signal: AbortSignal,
): Promise<LocalError[]> {
  const sums = tensor.types.map((): ErrorSums => ({ difference: 0, norm: 0 }));
  for (const sample of sampleRows(tensor.source.shape)) {
    signal.throwIfAborted();
    await addMatrix(tensor, sample, sums, pool, signal);
  }
  return tensor.types.map((type, index) => {
    const { difference, norm } = sums[index]!;
    // A tensor of zeros is not hurt by any type that keeps it so.
    return { type, error: norm === 0 && difference === 0 ? 0 : difference / norm };
  });
}

/** All types of one matrix at once: the workers share the source rows. */
async function addMatrix(
  { source, types, importance }: TensorToSample,
  { matrix, rows }: SampledMatrix,
  sums: readonly ErrorSums[],
  pool: RowPool,
  signal: AbortSignal,
): Promise<void> {
  const columns = source.shape[0] ?? 1;
  const sourceBytes = rows.length * rowByteLength(source.type, columns);
  const offsets: number[] = [];
  let size = align(sourceBytes);
  for (const type of types) {
    offsets.push(size);
    size = align(size + rows.length * rowByteLength(type, columns));
  }
  const buffer = new SharedArrayBuffer(size);
  const stored = new Uint8Array(buffer, 0, sourceBytes);
  await readSampled(source, rows, stored, signal);
  const weights = importance?.slice(matrix * columns, (matrix + 1) * columns);
  const shared = weights === undefined ? null : toShared(weights);
  const codec = nativeLibrary().rows;
  const values = new Float32Array(rows.length * columns);
  codec.decode(source.type, stored, values, values.length);
  const task = {
    buffer,
    sourceType: source.type,
    columns,
    firstRow: 0,
    rowCount: rows.length,
    rowsPerMatrix: rows.length,
    combination: null,
  };
  const decoded = new Float32Array(values.length);
  await Promise.all(
    types.map(async (type, index) => {
      const offset = offsets[index]!;
      const jobs = [{ type, offset, importance: shared }];
      const failure = await pool.run({ ...task, jobs });
      refuseSource(source.name, failure);
      const sum = sums[index]!;
      if (failure !== undefined) {
        sum.difference = Number.NaN;
        return;
      }
      const encoded = new Uint8Array(buffer, offset, rows.length * rowByteLength(type, columns));
      // Nothing is awaited from here on: `decoded` is one type's at a time.
      codec.decode(type, encoded, decoded, decoded.length);
      addErrors(sum, values, decoded, weights);
    }),
  );
}

/** Shared arrays of floats must begin at a multiple of four; libggml's blocks like more. */
function align(offset: number): number {
  return Math.ceil(offset / 64) * 64;
}

async function readSampled(
  source: TensorView,
  rows: readonly number[],
  target: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const rowBytes = target.byteLength / rows.length;
  // Rows that follow each other are read at once: small tensors are sampled whole.
  for (let index = 0; index < rows.length;) {
    const first = rows[index]!;
    let count = 1;
    while (rows[index + count] === first + count) count++;
    const part = target.subarray(index * rowBytes, (index + count) * rowBytes);
    await source.readRows(first, count, part, signal);
    index += count;
  }
}

function refuseSource(name: string, failure: RowFailure | undefined): void {
  if (failure === undefined || failure.where === 'encoded') return;
  throw new StudioError(
    'quantize/failed',
    `${name} holds a value that is not finite${failure.value === undefined ? '' : ` (${failure.value})`}.`,
    { hint: 'The model is damaged: gguf-studio validate tells where. Get it again.' },
  );
}

function addErrors(
  sum: ErrorSums,
  values: Float32Array,
  decoded: Float32Array,
  weights: Float32Array | undefined,
): void {
  let difference = 0;
  let norm = 0;
  if (weights === undefined) {
    for (let index = 0; index < values.length; index++) {
      const value = values[index] as number;
      const distance = (decoded[index] as number) - value;
      difference += distance * distance;
      norm += value * value;
    }
  } else {
    const columns = weights.length;
    for (let start = 0; start < values.length; start += columns) {
      for (let column = 0; column < columns; column++) {
        const value = values[start + column] as number;
        const distance = (decoded[start + column] as number) - value;
        const weight = weights[column] as number;
        difference += weight * distance * distance;
        norm += weight * value * value;
      }
    }
  }
  sum.difference += difference;
  sum.norm += norm;
}
