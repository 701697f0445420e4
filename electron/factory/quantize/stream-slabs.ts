// The pipeline of one pass: read a slab, compute it on a worker, write it, with all three under way at once. Slabs are
// finished in the order in which they were read, so hashes can build up and the journal stays true.
import { createHash, type Hash } from 'node:crypto';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import { tasksPerWorker } from '../worker-pool.ts';
import type { RowPool } from './row-pool.ts';
import type { RowFailure, RowTask } from './row-task.ts';
import { combinationFingerprint, shareCombination, toShared } from './shared-arrays.ts';
import { SlabBuffers } from './slab-buffers.ts';
import { fittingSlabBytes, layOutSlabs, type SlabLayout } from './slab-plan.ts';
import type { OutputSession } from './output-session.ts';
import type { Encoding, WriteItem } from './write-list.ts';

export interface StreamOptions {
  readonly pool: RowPool;
  readonly slabBytes: number;
  readonly signal: AbortSignal;
  /** Bytes of tensor data that are done before this begins, and in total. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly emit: EventSink;
  /** Seconds that an item is expected to take; progress tells bytes alone when absent. */
  readonly secondsOf?: ((item: WriteItem) => number) | undefined;
  /** Told which outputs got bytes. */
  readonly onWritten?: (session: OutputSession) => void;
}

/** One tensor under way. */
interface OpenItem {
  readonly item: WriteItem;
  readonly layout: SlabLayout;
  /** Where each encoding of the item lies in a slab. */
  readonly regions: readonly number[];
  readonly task: Omit<RowTask, 'id' | 'buffer' | 'firstRow' | 'rowCount'>;
  /** Fingerprint for the journal. */
  readonly origin: string;
  /** Of each encoding, where an output needs its tensors' own. */
  readonly hashes: readonly (Hash | undefined)[];
  readonly writes: Promise<void>[];
}

/** Computes and writes every item. Throws `quantize/failed` for values that are not finite, and what files throw. */
export async function streamSlabs(
  items: readonly WriteItem[],
  options: StreamOptions,
): Promise<void> {
  const { pool } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const largest = (bytes: number) =>
    items.reduce((most, item) => Math.max(most, layoutOf(item, bytes).byteLength), 0);
  // What the workers hold, one slab being read and one being written.
  const bufferCount = pool.size * tasksPerWorker + 2;
  const slabBytes = fittingSlabBytes(options.slabBytes, bufferCount, largest);
  const buffers = new SlabBuffers(bufferCount, largest(slabBytes));
  let doneBytes = options.doneBytes;
  let finishing = Promise.resolve();
  const { secondsOf } = options;
  const totalEffort = items.reduce((sum, item) => sum + (secondsOf?.(item) ?? 0), 0);
  let doneEffort = 0;

  const finishSlab = async (
    open: OpenItem,
    buffer: SharedArrayBuffer,
    firstRow: number,
    rowCount: number,
    computed: Promise<RowFailure | undefined>,
  ) => {
    const failure = await computed;
    if (failure !== undefined) throw notFinite(open.item, failure);
    signal.throwIfAborted();
    const writes = open.item.encodings.flatMap((encoding, index) => {
      const rowBytes = rowByteLength(encoding.type, open.layout.columns);
      const bytes = new Uint8Array(buffer, open.regions[index], rowCount * rowBytes);
      open.hashes[index]?.update(bytes);
      doneBytes += bytes.byteLength * encoding.consumers.length;
      return encoding.consumers.map(({ session, index: tensor }) =>
        session.write(tensor, firstRow * rowBytes, bytes),
      );
    });
    const written = Promise.all(writes).then(() => buffers.give(buffer));
    written.catch((error: unknown) => failed.abort(error));
    open.writes.push(written);
    if (firstRow + rowCount === open.layout.rowCount) await finishItem(open);
    if (options.onWritten !== undefined) {
      const touched = open.item.encodings.flatMap(({ consumers }) => consumers);
      for (const session of new Set(touched.map(({ session }) => session)))
        options.onWritten(session);
    }
    doneEffort += ((secondsOf?.(open.item) ?? 0) * rowCount) / open.layout.rowCount;
    options.emit({
      event: 'progress',
      done: doneBytes,
      total: options.totalBytes,
      unit: 'bytes',
      detail: open.item.source.name,
      ...(totalEffort > 0 ? { effort: { done: doneEffort, total: totalEffort } } : {}),
    });
  };

  for (const item of items) {
    const open = await openItem(item, slabBytes, signal);
    const { columns, rowCount: rows, rowsPerSlab } = open.layout;
    for (let firstRow = 0; firstRow < rows; firstRow += rowsPerSlab) {
      const rowCount = Math.min(rowsPerSlab, rows - firstRow);
      const buffer = await buffers.take(signal);
      const target = new Uint8Array(buffer, 0, rowCount * rowByteLength(item.source.type, columns));
      await item.source.readRows(firstRow, rowCount, target, signal);
      const computed = pool.run({ ...open.task, buffer, firstRow, rowCount });
      finishing = finishing.then(() => finishSlab(open, buffer, firstRow, rowCount, computed));
      // A failure frees no buffer, so it has to wake whoever waits for one.
      finishing.catch((error: unknown) => failed.abort(error));
      computed.catch(() => undefined);
    }
  }
  await finishing;
}

function layoutOf({ source, encodings }: WriteItem, slabBytes: number): SlabLayout {
  const computed = encodings.filter(({ isCopy }) => !isCopy);
  return layOutSlabs(
    source,
    computed.map(({ type }) => type),
    slabBytes,
  );
}

async function openItem(
  item: WriteItem,
  slabBytes: number,
  signal: AbortSignal,
): Promise<OpenItem> {
  const { source, encodings } = item;
  signal.throwIfAborted();
  const layout = layoutOf(item, slabBytes);
  const loaded = await source.loadCombination?.(signal);
  let next = 0;
  const regions = encodings.map(({ isCopy }) => (isCopy ? 0 : layout.offsets[next++]!));
  const jobs = encodings.flatMap(({ type, importance, isCopy }, index) =>
    isCopy
      ? []
      : [{ type, offset: regions[index]!, importance: importance ? toShared(importance) : null }],
  );
  return {
    item,
    layout,
    regions,
    task: {
      sourceType: source.type,
      columns: layout.columns,
      rowsPerMatrix: source.shape[1] ?? 1,
      combination: loaded === undefined ? null : shareCombination(loaded),
      jobs,
    },
    origin: loaded === undefined ? '' : combinationFingerprint(loaded),
    hashes: encodings.map(({ consumers }) =>
      consumers.some(({ session }) => session.hashesTensors) ? createHash('sha256') : undefined,
    ),
    writes: [],
  };
}

/** Journals a tensor in every output, once all of its bytes are in the files. */
async function finishItem(open: OpenItem): Promise<void> {
  await Promise.all(open.writes);
  const record = (encoding: Encoding, sha256: string | undefined) =>
    encoding.consumers.map(({ session, index }) => session.complete(index, sha256, open.origin));
  await Promise.all(
    open.item.encodings.flatMap((encoding, index) =>
      record(encoding, open.hashes[index]?.digest('hex')),
    ),
  );
}

function notFinite({ source }: WriteItem, failure: RowFailure): StudioError {
  const { where, row, column, value } = failure;
  const place = [
    row === undefined ? undefined : `row ${row}`,
    column === undefined ? undefined : `column ${column}`,
  ].filter((part) => part !== undefined);
  const at = place.length === 0 ? '' : ` at ${place.join(', ')}`;
  const what = value === undefined ? 'a value that is not a finite number' : value;
  const messages = {
    source: `The tensor ${source.name} holds ${what}${at}.`,
    merged: `Merging gives ${what} in the tensor ${source.name}${at}.`,
    encoded: `Encoding the tensor ${source.name} as ${failure.type} gives ${what}${at}.`,
  };
  const hints = {
    source: 'The model is damaged or was trained to overflow: fetch it again, or use another one.',
    merged: 'Use a smaller scale for the adapter, and check that the adapter itself is sound.',
    encoded: 'The values are too large for this type: choose another level or type for the tensor.',
  };
  return new StudioError('quantize/failed', messages[where], {
    hint: hints[where],
    details: { tensor: source.name, ...failure },
  });
}
