// The pool of row workers. Tasks go to idle workers in the order they come; one worker runs one task at a time.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { fromWireError, StudioError } from '#src/errors/studio-error.ts';
import type { RowCodec } from '../ffi/llama-library.types.ts';
import { locateLibrary } from '../ffi/locate-library.ts';
import { openRowLibrary } from '../ffi/open-llama-library.ts';
import type { RowFailure, RowReply, RowTask, RowWorkerData } from './row-task.ts';

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

export class RowPool {
  private readonly idle: Worker[] = [];
  private readonly workers: Worker[] = [];
  private readonly queue: Waiting[] = [];
  private readonly running = new Map<Worker, Waiting>();
  private failure: Error | undefined;
  private nextId = 0;

  /** Starts workers, never more than the machine has cores. Throws `native/unavailable` where llama.cpp is missing. */
  constructor(threads: number = availableParallelism()) {
    const data: RowWorkerData = { location: locateLibrary() };
    heldLibrary ??= openRowLibrary(data.location);
    const count = Math.max(1, Math.min(Math.floor(threads), availableParallelism()));
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

  /** Ends the workers; tasks that are under way are dropped. */
  async dispose(): Promise<void> {
    this.fail(new StudioError('cancelled', 'The row workers were stopped.'));
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private start(data: RowWorkerData): void {
    const worker = new Worker(workerEntry(), { workerData: data });
    this.workers.push(worker);
    this.idle.push(worker);
    worker.on('message', (reply: RowReply) => this.receive(worker, reply));
    worker.on('error', (error: Error) => this.fail(error));
    worker.on('exit', () =>
      this.fail(new StudioError('native/crashed', 'A row worker stopped unexpectedly.')),
    );
  }

  private feed(): void {
    for (;;) {
      const worker = this.idle.at(-1);
      const next = this.queue[0];
      if (worker === undefined || next === undefined) return;
      this.idle.pop();
      this.queue.shift();
      this.running.set(worker, next);
      worker.postMessage(next.task);
    }
  }

  private receive(worker: Worker, reply: RowReply): void {
    const waiting = this.running.get(worker);
    this.running.delete(worker);
    this.idle.push(worker);
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
    for (const { reject } of [...this.running.values(), ...this.queue]) reject(error);
    this.running.clear();
    this.queue.length = 0;
  }
}

/** Beside the host's bundle; from the sources (tests), the one that the build put into dist. */
function workerEntry(): string {
  const here = import.meta.url;
  const path = here.endsWith('.ts') ? '../../../dist/factory/row-worker.js' : './row-worker.js';
  return fileURLToPath(new URL(path, here));
}
