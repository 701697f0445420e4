// The life of workers, with small real ones. A worker here answers after `wait` milliseconds, or ends the way it is told.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WorkerPool } from '#electron/factory/worker-pool.ts';

interface Task {
  readonly id: number;
  /** Milliseconds. */
  readonly wait: number;
  /** Held until its first number is no longer 0. */
  readonly gate?: Int32Array | undefined;
  readonly does?: 'refuse' | 'exit' | 'throw';
}
interface Reply {
  readonly id: number;
  readonly thread: number;
  readonly refused: boolean;
}

const source = `
import { parentPort, threadId } from 'node:worker_threads';
const cell = new Int32Array(new SharedArrayBuffer(4));
parentPort.on('message', (request) => {
  if (request === 'end') return parentPort.close();
  Atomics.wait(cell, 0, 0, request.wait);
  if (request.gate !== undefined) Atomics.wait(request.gate, 0, 0);
  if (request.does === 'exit') process.exit(3);
  if (request.does === 'throw') throw new RangeError('out of its range');
  parentPort.postMessage({ id: request.id, thread: threadId, refused: request.does === 'refuse' });
});`;

function openPool(count: number): WorkerPool<Task, Reply, number> {
  return new WorkerPool({
    entry: new URL(`data:text/javascript,${encodeURIComponent(source)}`),
    name: 'test',
    count,
    data: null,
    outcomeOf({ thread, refused }: Reply) {
      if (refused) throw new Error('refused');
      return thread;
    },
  });
}

const task =
  (wait: number, does?: Task['does']) =>
  (id: number): Task => ({ id, wait, ...(does === undefined ? {} : { does }) });

describe('a pool of workers', () => {
  it('gives tasks in their order to whoever is least busy', async () => {
    const pool = openPool(2);
    expect(pool.size).toBe(2);
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const done: number[] = [];
    const run = (name: number, held?: Int32Array) =>
      pool
        .run((id) => ({ id, wait: 0, gate: held }))
        .then((thread) => {
          done.push(name);
          return thread;
        });
    // The first worker is held at its first task, with one task more; all others must go to the second.
    const held = run(0, gate);
    const others = [1, 2, 3, 4, 5, 6].map((name) => run(name));
    await Promise.all(others.filter((_, index) => index !== 1));
    expect(done).toEqual([1, 3, 4, 5, 6]);
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    const thread = await held;
    expect(await others[1]).toBe(thread);
    expect(await others[0]).not.toBe(thread);
    expect(done).toEqual([1, 3, 4, 5, 6, 0, 2]);
    await pool.dispose();
  });

  it('fails one task without the others', async () => {
    const pool = openPool(1);
    const failing = pool.run(task(0, 'refuse'));
    const fine = pool.run(task(0));
    await expect(failing).rejects.toThrow('refused');
    await expect(fine).resolves.toBeGreaterThan(0);
    await pool.dispose();
  });

  it.each([
    ['exit', { code: 'native/crashed', message: 'A test worker stopped unexpectedly.' }],
    [
      'throw',
      {
        code: 'native/crashed',
        message: 'A test worker stopped unexpectedly: out of its range.',
        cause: { name: 'RangeError' },
      },
    ],
  ] as const)(
    'fails every task, those to come too, once a worker ended by %s',
    async (does, reason) => {
      const pool = openPool(2);
      const tasks = [pool.run(task(0, does)), ...[1, 2, 3, 4].map(() => pool.run(task(300)))];
      await Promise.all(tasks.map((each) => expect(each).rejects.toMatchObject(reason)));
      await expect(pool.run(task(0))).rejects.toMatchObject(reason);
      await pool.dispose();
    },
  );

  it('lets its workers finish what they hold when it is ended, and ignores the outcome', async () => {
    const pool = openPool(1);
    const tasks = [0, 1, 2, 3].map(() => pool.run(task(300)));
    const refused = tasks.map((each) => expect(each).rejects.toMatchObject({ code: 'cancelled' }));
    // Two tasks are with the worker, at 300 ms each: a worker that is terminated would be gone before.
    const start = performance.now();
    await Promise.all([...refused, pool.dispose()]);
    expect(performance.now() - start).toBeGreaterThan(590);
  });

  describe('without shared memory', () => {
    afterEach(() => void vi.unstubAllGlobals());

    it('is refused, and says what takes it away', () => {
      vi.stubGlobal('SharedArrayBuffer', undefined);
      expect(() => openPool(1)).toThrow('This Node has no SharedArrayBuffer.');
    });
  });
});
