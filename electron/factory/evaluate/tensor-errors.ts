// How far every tensor of a file is from the reference's: both are streamed slab by slab and decoded, nothing is kept.
import type { TensorErrors } from '#src/contract/quality/run.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { openBase } from '#src/jobs/open-sources.ts';
import {
  elementCountOf,
  rowCountOf,
  type ModelView,
  type TensorView,
} from '#src/model/model-view.ts';
import { rowByteLength, tensorByteLength } from '#src/tensors/ggml-types.ts';
import type { RowCodec } from '../ffi/llama-library.types.ts';
import type { MeasuredModel } from './measured-model.ts';

/** F32 values of a slab; both models' slabs take twice that. */
const slabValues = 1 << 20;

type TensorError = TensorErrors['tensors'][number];

export interface TensorErrorOptions {
  readonly rows: RowCodec;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}

/**
 * ‖Ŵ − W‖² / ‖W‖² per tensor; absent where the reference has no such tensor, or has adapters that a merged subject has in
 * its weights. Subjects with the same file are read once.
 */
export async function tensorErrors(
  reference: Pick<MeasuredModel['subject'], 'path' | 'adapters'>,
  subjects: readonly MeasuredModel['subject'][],
  options: TensorErrorOptions,
): Promise<TensorErrors[]> {
  const known = new Map<string, TensorError[]>();
  const base = (await openBase(reference.path, { signal: options.signal })).content;
  try {
    const result: TensorErrors[] = [];
    for (const subject of subjects) {
      const isComparable = reference.adapters.length === 0 || subject.adapters.length > 0;
      const key = `${subject.sha256} ${String(isComparable)}`;
      const tensors =
        known.get(key) ?? (await errorsOf(subject, isComparable ? base : undefined, options));
      known.set(key, tensors);
      result.push({ subject: subject.id, tensors });
    }
    return result;
  } finally {
    await base.close();
  }
}

async function errorsOf(
  { path, label }: MeasuredModel['subject'],
  base: ModelView | undefined,
  options: TensorErrorOptions,
): Promise<TensorError[]> {
  options.emit({ event: 'phase', phase: 'Comparing tensors', detail: label });
  const model = (await openBase(path, { signal: options.signal })).content;
  const baseTensors = new Map(base?.tensors.map((tensor) => [tensor.name, tensor]));
  try {
    const errors: TensorError[] = [];
    let done = 0;
    for (const tensor of model.tensors) {
      const { name, type, shape } = tensor;
      const other = baseTensors.get(name);
      const isSame = other !== undefined && String(other.shape) === String(shape);
      const relativeError = isSame ? await compare(tensor, other, options) : undefined;
      errors.push({
        name,
        type,
        weights: elementCountOf(shape),
        bytes: tensorByteLength(type, shape),
        ...(relativeError === undefined ? {} : { relativeError }),
      });
      done++;
      options.emit({ event: 'progress', done, total: model.tensors.length, unit: 'tensors' });
    }
    return errors;
  } finally {
    await model.close();
  }
}

/** 0 for a tensor of zeros that stayed so. */
async function compare(
  tensor: TensorView,
  base: TensorView,
  { rows: codec, signal }: TensorErrorOptions,
): Promise<number> {
  const columns = tensor.shape[0] ?? 1;
  const rowCount = rowCountOf(tensor.shape);
  const step = Math.max(1, Math.floor(slabValues / columns));
  const read = async (view: TensorView, first: number, count: number) => {
    const stored = new Uint8Array(count * rowByteLength(view.type, columns));
    await view.readRows(first, count, stored, signal);
    const values = new Float32Array(count * columns);
    codec.decode(view.type, stored, values, values.length);
    return values;
  };
  let difference = 0;
  let norm = 0;
  for (let first = 0; first < rowCount; first += step) {
    const count = Math.min(step, rowCount - first);
    const [own, theirs] = [await read(tensor, first, count), await read(base, first, count)];
    for (let index = 0; index < own.length; index++) {
      const value = theirs[index] as number;
      const distance = (own[index] as number) - value;
      difference += distance * distance;
      norm += value * value;
    }
  }
  return norm === 0 ? (difference === 0 ? 0 : 1) : difference / norm;
}
