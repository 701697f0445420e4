// A tensor of more than 2^31 weights and more than 4 GB, in a sparse file: its last rows lie where 32-bit numbers end.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deriveRows } from '#electron/factory/quantize/derive-rows.ts';
import { RowEncoder } from '#electron/factory/quantize/row-encoder.ts';
import { RowPool } from '#electron/factory/quantize/row-pool.ts';
import { locateLibrary } from '#electron/factory/ffi/locate-library.ts';
import { openRowLibrary } from '#electron/factory/ffi/open-llama-library.ts';
import { stringEntry } from '#src/formats/gguf/entries.ts';
import { encodeGgufHeader } from '#src/formats/gguf/write-header.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { OutputFile } from '#src/io/output-file.ts';
import { openGgufModel } from '#src/model/gguf-model.ts';
import type { TensorView } from '#src/model/model-view.ts';
import type { LowRankDelta } from '#src/model/row-combination.ts';
import { combineRows } from '#src/stages/merge/combine-rows.ts';
import { encodeBfloat16 } from '#src/tensors/bfloat16.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

const columns = 1024;
const rowCount = 2_200_000;
const lastRows = 3;
const firstRow = rowCount - lastRows;
/** Exact in BF16. */
const values = seededFloats(5, lastRows * columns).map((value) => Math.round(value * 64) / 64);

let folder: string;
let tensor: TensorView;
let close: () => Promise<void>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'large-'));
  const path = join(folder, 'large.gguf');
  const header = encodeGgufHeader({
    version: 3,
    metadata: [stringEntry('general.architecture', 'llama')],
    tensors: [{ name: 'token_embd.weight', type: 'BF16', shape: [columns, rowCount] }],
    alignment: 32,
  });
  expect(columns * rowCount).toBeGreaterThan(2 ** 31);
  expect(header.fileSize).toBeGreaterThan(2 ** 32);
  const rows = new Uint8Array(lastRows * columns * 2);
  encodeBfloat16(values, rows);
  const file = await open(path, 'w');
  await file.write(header.bytes, 0, header.bytes.length, 0);
  await file.truncate(header.fileSize);
  await file.write(rows, 0, rows.length, header.dataOffset + firstRow * columns * 2);
  await file.close();
  const model = await openGgufModel(await openFileByteSource(path));
  tensor = model.tensors[0]!;
  close = () => model.close();
});
afterAll(async () => {
  await close();
  await rm(folder, { recursive: true });
});

/** The last rows as the pipeline makes them, in slabs. */
async function derive(source: TensorView, type: 'Q4_K' | 'F32'): Promise<Uint8Array> {
  const rowBytes = rowByteLength(type, columns);
  const result = new Uint8Array(lastRows * rowBytes);
  const pool = new RowPool(2);
  try {
    await deriveRows(
      pool,
      { source, type, firstRow, rowCount: lastRows },
      (row, bytes) => {
        result.set(bytes, (row - firstRow) * rowBytes);
        return Promise.resolve();
      },
      new AbortController().signal,
    );
    return result;
  } finally {
    await pool.dispose();
  }
}

describe('a tensor beyond 32 bits', () => {
  it('is read, encoded and merged right at its last rows', async () => {
    const floats = await derive(tensor, 'F32');
    expect(new Float32Array(floats.buffer)).toEqual(Float32Array.from(values));

    const encoder = new RowEncoder(openRowLibrary(locateLibrary()));
    const expected = new Uint8Array(rowByteLength('Q4_K', lastRows * columns));
    encoder.rows(lastRows * columns).set(values);
    encoder.encode('Q4_K', encoder.rows(lastRows * columns), lastRows, columns, null, expected);
    expect(await derive(tensor, 'Q4_K')).toEqual(expected);

    const delta: LowRankDelta = {
      adapter: 'test',
      rank: 1,
      scale: 0.5,
      a: seededFloats(1, columns),
      b: seededFloats(2, rowCount),
    };
    const combination = { method: 'sum', firstRow: 0, deltas: [delta] } as const;
    const sums = Float32Array.from(values);
    combineRows(sums, firstRow, lastRows, columns, combination);
    const merging = { ...tensor, loadCombination: () => Promise.resolve(combination) };
    expect(new Float32Array((await derive(merging, 'F32')).buffer)).toEqual(sums);
  });

  it('is written where it belongs', async () => {
    const path = join(folder, 'written.gguf');
    const size = 5 * 2 ** 30;
    const file = await OutputFile.open(path, { plan: 'large', size, overwrite: false });
    await file.write(Uint8Array.of(1, 2, 3), size - 3);
    await file.finish();
    const source = await openFileByteSource(path);
    const end = new Uint8Array(5);
    await source.readInto(end, size - 5);
    expect([...end]).toEqual([0, 0, 1, 2, 3]);
    await source.close();
  });
});
