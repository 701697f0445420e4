// The pool of row workers: slabs of rows in, encoded rows in the same shared buffer out. worker-pool.ts has their life.
import { availableParallelism } from 'node:os';
import { fromWireError } from '#src/errors/studio-error.ts';
import { builtWorker, holdRowLibrary, WorkerPool } from '../worker-pool.ts';
import type { RowFailure, RowReply, RowTask, RowWorkerData } from './row-task.ts';

/** Reading, hashing and writing, which one thread does, keep no more workers busy; and a pass stays below 1.5 GB. */
export const maximumWorkers = 48;

export class RowPool {
  private readonly pool: WorkerPool<RowTask, RowReply, RowFailure | undefined>;

  /** Starts workers, never more than the machine has cores. Throws `native/unavailable` where llama.cpp is missing. */
  constructor(threads: number = availableParallelism()) {
    const data: RowWorkerData = { location: holdRowLibrary() };
    const count = Math.min(threads, availableParallelism(), maximumWorkers);
    this.pool = new WorkerPool({
      entry: builtWorker('row-worker'),
      name: 'row',
      count,
      data,
      outcomeOf: failureOf,
    });
  }

  get size(): number {
    return this.pool.size;
  }

  /** Runs a task; resolves to the value that is not finite, if there is one. */
  run(task: Omit<RowTask, 'id'>): Promise<RowFailure | undefined> {
    return this.pool.run((id) => ({ ...task, id }));
  }

  /** Ends the workers; tasks that wait are dropped, one that runs is finished and its outcome ignored. */
  dispose(): Promise<void> {
    return this.pool.dispose();
  }
}

function failureOf(reply: RowReply): RowFailure | undefined {
  switch (reply.outcome) {
    case 'done':
      return undefined;
    case 'not-finite':
      return reply.failure;
    case 'error':
      throw fromWireError(reply.error);
  }
}
