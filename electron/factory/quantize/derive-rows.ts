// Computes any rows of one tensor as a build does: read, add adapters, encode. Repair takes single tensors, or a few of
// their rows, through here, so that what it makes is bit for bit what the build made.
import type { TensorView } from '#src/model/model-view.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { tasksPerWorker } from '../worker-pool.ts';
import type { RowPool } from './row-pool.ts';
import { shareCombination, toShared } from './shared-arrays.ts';
import { defaultSlabBytes, fittingSlabBytes, layOutSlabs } from './slab-plan.ts';

export interface RowDerivation {
  readonly source: TensorView;
  readonly type: GgmlType;
  /** One weight per column, matrix after matrix of the whole tensor. */
  readonly importance?: Float32Array | undefined;
  readonly firstRow: number;
  readonly rowCount: number;
}

/**
 * Gives encoded rows to `take`, in order; it has done with them when it resolves. Bytes that were read from the source
 * are the result. Throws `quantize/failed` for values that are not finite, and what reading throws.
 */
export async function deriveRows(
  pool: RowPool,
  derivation: RowDerivation,
  take: (firstRow: number, bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  const { source, type, importance } = derivation;
  const combination = await source.loadCombination?.(signal);
  const isCopy = type === source.type && combination === undefined;
  const types = isCopy ? [] : [type];
  const slots = pool.size * tasksPerWorker + 1;
  const slabBytes = fittingSlabBytes(defaultSlabBytes, slots, (bytes) => layOutSlabs(source, types, bytes).byteLength); // prettier-ignore
  const layout = layOutSlabs(source, types, slabBytes);
  const { columns, rowsPerSlab } = layout;
  const region = layout.offsets[0] ?? 0;
  const sourceRowBytes = rowByteLength(source.type, columns);
  const rowBytes = rowByteLength(type, columns);
  const task = {
    sourceType: source.type,
    columns,
    rowsPerMatrix: source.shape[1] ?? 1,
    combination: combination === undefined ? null : shareCombination(combination),
    jobs: isCopy ? [] : [{ type, offset: region, importance: importance ? toShared(importance) : null }], // prettier-ignore
  };
  const end = derivation.firstRow + derivation.rowCount;
  const underWay: (() => Promise<void>)[] = [];
  for (let firstRow = derivation.firstRow; firstRow < end; firstRow += rowsPerSlab) {
    signal.throwIfAborted();
    const rowCount = Math.min(rowsPerSlab, end - firstRow);
    const buffer = new SharedArrayBuffer(layout.byteLength);
    const rows = new Uint8Array(buffer, 0, rowCount * sourceRowBytes);
    await source.readRows(firstRow, rowCount, rows, signal);
    const computed = pool.run({ ...task, buffer, firstRow, rowCount });
    // Awaited in its turn; until then a failure must not count as unhandled.
    computed.catch(() => undefined);
    underWay.push(async () => {
      const failure = await computed;
      if (failure !== undefined) throw notFinite(source.name, failure.where);
      await take(firstRow, new Uint8Array(buffer, isCopy ? 0 : region, rowCount * rowBytes));
    });
    if (underWay.length >= slots) await underWay.shift()?.();
  }
  for (const finish of underWay) await finish();
  return derivation.rowCount * sourceRowBytes;
}

function notFinite(tensor: string, where: 'source' | 'merged' | 'encoded'): StudioError {
  const place = where === 'source' ? 'The source of' : 'What is made of';
  return new StudioError(
    'quantize/failed',
    `${place} the tensor ${tensor} holds values that are not finite numbers.`,
    {
      hint: 'The source is damaged, too: fetch it again, or repair from another one.',
      details: { tensor, where },
    },
  );
}
