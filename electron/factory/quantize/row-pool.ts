// The pool of row workers. Tasks go to the least busy worker in the order they come; each has its next task waiting, so
// that none depends on how soon this thread gets to answer.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { fromWireError, StudioError } from '#src/errors/studio-error.ts';
import type { RowCodec } from '../ffi/llama-library.types.ts';
import { locateLibrary } from '../ffi/locate-library.ts';
import { openRowLibrary } from '../ffi/open-llama-library.ts';
import type { RowFailure, RowReply, RowRequest, RowTask, RowWorkerData } from './row-task.ts';

interface Waiting {
  readonly task: RowTask;
  readonly resolve: (failure: RowFailure | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * libggml-base refuses to be loaded a second time in one process (its start-up code asserts that its terminate handler is
 * not set yet). Workers that end would unload it, so the host's own thread keeps it for ever.
 */
let heldLibrary: RowCodec | undefined;

/** Reading, hashing and writing, which one thread does, keep no more workers busy. */
export const maximumWorkers = 64;
/** Tasks that a worker holds: the one it computes and the next. */
export const tasksPerWorker = 2;

interface BusyWorker {
  readonly thread: Worker;
  readonly exited: Promise<void>;
  readonly tasks: Map<number, Waiting>;
}

export class RowPool {
  private readonly workers: BusyWorker[] = [];
  private readonly queue: Waiting[] = [];
  private failure: Error | undefined;
  private nextId = 0;

  /** Starts workers, never more than the machine has cores. Throws `native/unavailable` where llama.cpp is missing. */
  constructor(threads: number = availableParallelism()) {
    const data: RowWorkerData = { location: locateLibrary() };
    heldLibrary ??= openRowLibrary(data.location);
    const most = Math.min(availableParallelism(), maximumWorkers);
    const count = Math.max(1, Math.min(Math.floor(threads), most));
    for (let index = 0; index < count; index++) this.start(data);
  }

  get size(): number {
    return this.workers.length;
  }

  /** Runs a task; resolves to the value that is not finite, if there is one. */
  run(task: Omit<RowTask, 'id'>): Promise<RowFailure | undefined> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) {
        reject(this.failure);
        return;
      }
      this.queue.push({ task: { ...task, id: this.nextId++ }, resolve, reject });
      this.feed();
    });
  }

  /**
   * Ends the workers; tasks that wait are dropped, one that runs is finished and its outcome ignored. Workers end by
   * themselves: terminating one while koffi loads in it aborts the whole process (its calls into Node then fail).
   */
  async dispose(): Promise<void> {
    this.fail(new StudioError('cancelled', 'The row workers were stopped.'));
    await Promise.all(
      this.workers.map(({ thread, exited }) => {
        thread.postMessage('end' satisfies RowRequest);
        return exited;
      }),
    );
  }

  private start(data: RowWorkerData): void {
    const thread = new Worker(workerEntry(), { workerData: data });
    const exited = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    const worker: BusyWorker = { thread, exited, tasks: new Map() };
    this.workers.push(worker);
    thread.on('message', (reply: RowReply) => this.receive(worker, reply));
    thread.on('error', (error: Error) => this.fail(error));
    thread.on('exit', () =>
      this.fail(new StudioError('native/crashed', 'A row worker stopped unexpectedly.')),
    );
  }

  private feed(): void {
    for (;;) {
      const next = this.queue[0];
      const worker = this.workers.reduce((least, other) =>
        other.tasks.size < least.tasks.size ? other : least,
      );
      if (next === undefined || worker.tasks.size >= tasksPerWorker) return;
      this.queue.shift();
      worker.tasks.set(next.task.id, next);
      worker.thread.postMessage(next.task satisfies RowRequest);
    }
  }

  private receive(worker: BusyWorker, reply: RowReply): void {
    const waiting = worker.tasks.get(reply.id);
    worker.tasks.delete(reply.id);
    switch (reply.outcome) {
      case 'done':
        waiting?.resolve(undefined);
        break;
      case 'not-finite':
        waiting?.resolve(reply.failure);
        break;
      case 'error':
        waiting?.reject(fromWireError(reply.error));
        break;
    }
    this.feed();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    const held = this.workers.flatMap(({ tasks }) => [...tasks.values()]);
    for (const { reject } of [...held, ...this.queue]) reject(error);
    for (const { tasks } of this.workers) tasks.clear();
    this.queue.length = 0;
  }
}

/** Beside the host's bundle; from the sources (tests), the one that the build put into dist. */
function workerEntry(): string {
  const here = import.meta.url;
  const path = here.endsWith('.ts') ? '../../../dist/factory/row-worker.js' : './row-worker.js';
  return fileURLToPath(new URL(path, here));
}
