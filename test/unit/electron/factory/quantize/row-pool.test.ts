// The life of row workers. What goes wrong here ends the process: this file then fails as a whole.
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openLlamaLibrary } from '#electron/factory/ffi/open-llama-library.ts';
import { RowPool } from '#electron/factory/quantize/row-pool.ts';

describe('a pool of row workers', () => {
  it('can be ended while its workers still start, alone or beside another', async () => {
    openLlamaLibrary();
    for (let round = 0; round < 40; round++) {
      const pools = [new RowPool(2), new RowPool(2)];
      await Promise.all(
        pools.map(async (pool, index) => {
          // From at once to when koffi is being loaded: terminated there, a worker took the process with it.
          await wait(index * 5 + (round % 20) * 3);
          await pool.dispose();
        }),
      );
    }
  });

  it('refuses tasks once it has ended', async () => {
    const pool = new RowPool(1);
    await pool.dispose();
    const task = {
      buffer: new SharedArrayBuffer(128),
      sourceType: 'F32' as const,
      columns: 32,
      firstRow: 0,
      rowCount: 1,
      rowsPerMatrix: 1,
      combination: null,
      jobs: [],
    };
    await expect(pool.run(task)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
