// Rows for a repair, computed by the same workers as a build's.
import { availableParallelism } from 'node:os';
import type { RowDeriver } from '#src/jobs/repair/ports.ts';
import { deriveRows } from '../quantize/derive-rows.ts';
import { RowPool } from '../quantize/row-pool.ts';

/** Workers start at the first rows. Throws `native/unavailable` then, where llama.cpp is missing. */
export function openRowDeriver(threads: number = availableParallelism()): RowDeriver {
  let pool: RowPool | undefined;
  return {
    derive(request, take, signal) {
      pool ??= new RowPool(threads);
      return deriveRows(pool, request, take, signal);
    },
    async close() {
      await pool?.dispose();
    },
  };
}
