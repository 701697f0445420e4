// Retention of an adapter's change, tensor by tensor: the base's rows, the merged rows and each level's decoded rows of both
// are streamed side by side in slabs, so that memory does not grow with the model.
import type { EventSink } from '#src/contract/stage-events.ts';
import { invariant } from '#src/errors/assert.ts';
import {
  addRetention,
  cosineOf,
  joinRetention,
  newRetentionSums,
  retentionOf,
  type RetentionSums,
} from '#src/evaluation/matrix/retention.ts';
import { rowCountOf, type ModelView, type TensorView } from '#src/model/model-view.ts';
import { combineRows } from '#src/stages/merge/combine-rows.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import type { RowCodec } from '../ffi/llama-library.types.ts';

/** F32 values of a slab (1 MiB); five slabs are held. */
const slabValues = 1 << 18;

/** One level's files. */
export interface QuantizedPair {
  readonly base: ModelView;
  readonly merged: ModelView;
}

export interface Retention {
  /** Over all changed tensors; undefined when the adapter changes nothing. */
  readonly retention: number | undefined;
  /** Between the quantized weights' change and the adapter's. */
  readonly cosine: number | undefined;
  /** In the file's order; tensors without any change are left out. */
  readonly perTensor: readonly { readonly tensor: string; readonly retention: number }[];
}

export interface RetentionOptions {
  readonly rows: Pick<RowCodec, 'decode'>;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}

/**
 * Retention at each level. `merged` is a view over `base` (mergeAdapters), both unquantized; the change is the difference of
 * their F32 rows, which is what was quantized.
 */
export async function tensorRetention(
  base: ModelView,
  merged: ModelView,
  pairs: readonly QuantizedPair[],
  options: RetentionOptions,
): Promise<Retention[]> {
  const bases = new Map(base.tensors.map((tensor) => [tensor.name, tensor]));
  const changed = merged.tensors.flatMap((tensor) => {
    const original = bases.get(tensor.name);
    // Tensors that no adapter touches are the base's own views.
    return original === undefined || original === tensor ? [] : [{ original, tensor }];
  });
  const found = pairs.map((): { tensor: string; sums: RetentionSums }[] => []);
  for (const [done, { original, tensor }] of changed.entries()) {
    const quantized = pairs.map((pair) => ({
      base: tensorOf(pair.base, original),
      merged: tensorOf(pair.merged, original),
    }));
    const sums = await sumTensor(original, tensor, quantized, options);
    sums.forEach((each, level) => found[level]?.push({ tensor: tensor.name, sums: each }));
    options.emit({ event: 'progress', done: done + 1, total: changed.length, unit: 'tensors' });
  }
  return found.map((tensors) => {
    const whole = joinRetention(tensors.map(({ sums }) => sums));
    return {
      retention: retentionOf(whole),
      cosine: cosineOf(whole),
      perTensor: tensors.flatMap(({ tensor, sums }) => {
        const retention = retentionOf(sums);
        return retention === undefined ? [] : [{ tensor, retention }];
      }),
    };
  });
}

function tensorOf(model: ModelView, { name, shape }: TensorView): TensorView {
  const tensor = model.tensors.find((each) => each.name === name);
  const isSame = tensor !== undefined && String(tensor.shape) === String(shape);
  invariant(isSame, `${model.label} was made from a model with ${name}`);
  return tensor;
}

async function sumTensor(
  base: TensorView,
  merged: TensorView,
  levels: readonly { readonly base: TensorView; readonly merged: TensorView }[],
  { rows: codec, signal }: RetentionOptions,
): Promise<RetentionSums[]> {
  const columns = base.shape[0] ?? 1;
  const rowCount = rowCountOf(base.shape);
  const step = Math.max(1, Math.min(rowCount, Math.floor(slabValues / columns)));
  const combination = await merged.loadCombination?.(signal);
  const slab = () => new Float32Array(step * columns);
  const [delta, original, quantizedBase, quantizedMerged] = [slab(), slab(), slab(), slab()];
  const stored = new Uint8Array(
    step * Math.max(...allTypes(base, merged, levels).map((type) => rowByteLength(type, columns))),
  );
  const read = async (view: TensorView, first: number, count: number, target: Float32Array) => {
    const bytes = stored.subarray(0, count * rowByteLength(view.type, columns));
    await view.readRows(first, count, bytes, signal);
    codec.decode(view.type, bytes, target, count * columns);
    return target.subarray(0, count * columns);
  };
  const sums = levels.map(newRetentionSums);
  for (let first = 0; first < rowCount; first += step) {
    signal.throwIfAborted();
    const count = Math.min(step, rowCount - first);
    const change = await read(merged, first, count, delta);
    if (combination !== undefined) combineRows(change, first, count, columns, combination);
    const before = await read(base, first, count, original);
    for (let index = 0; index < change.length; index++) change[index]! -= before[index]!;
    for (const [index, level] of levels.entries()) {
      const ofBase = await read(level.base, first, count, quantizedBase);
      const ofMerged = await read(level.merged, first, count, quantizedMerged);
      addRetention(sums[index]!, ofMerged, ofBase, change);
    }
  }
  return sums;
}

function allTypes(
  base: TensorView,
  merged: TensorView,
  levels: readonly { readonly base: TensorView; readonly merged: TensorView }[],
) {
  return [base.type, merged.type, ...levels.flatMap((each) => [each.base.type, each.merged.type])];
}
