// The life of worker threads that call llama.cpp, which the pools of rows and of scores share. Tasks go to the least busy
// worker in the order they come; each has its next task waiting, so that none depends on how soon this thread answers.
import { Worker } from 'node:worker_threads';
import { StudioError } from '#src/errors/studio-error.ts';
import type { RowCodec } from './ffi/llama-library.types.ts';
import { locateLibrary, type LocatedLibrary } from './ffi/locate-library.ts';
import { openRowLibrary } from './ffi/open-llama-library.ts';

export interface WorkerPoolOptions<Reply, Outcome> {
  /** The built file of the worker. */
  readonly entry: URL;
  /** What its workers do, for messages: `row` gives "A row worker stopped unexpectedly." */
  readonly name: string;
  /** How many are started, one at least. */
  readonly count: number;
  /** Each worker's own data. */
  readonly data: unknown;
  /** Reads an answer; throws what the task failed with. */
  readonly outcomeOf: (reply: Reply) => Outcome;
}

interface Waiting<Task, Outcome> {
  readonly task: Task;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

interface BusyWorker<Task, Outcome> {
  readonly thread: Worker;
  readonly exited: Promise<void>;
  readonly tasks: Map<number, Waiting<Task, Outcome>>;
}

/** Tasks that a worker holds: the one it computes and the next. */
export const tasksPerWorker = 2;

/**
 * libggml-base refuses to be loaded a second time in one process (its start-up code asserts that its terminate handler is
 * not set yet). Workers that end would unload it, so the host's own thread keeps it for ever.
 */
let heldLibrary: RowCodec | undefined;

/** Loads llama.cpp for the workers to come. Throws `native/unavailable` where it is missing. */
export function holdRowLibrary(): LocatedLibrary {
  const location = locateLibrary();
  heldLibrary ??= openRowLibrary(location);
  return location;
}

/** A worker beside the host's bundle; from the sources (tests), the one that the build put into dist. */
export function builtWorker(name: string): URL {
  const here = import.meta.url;
  const folder = here.endsWith('.ts') ? '../../dist/factory/' : './';
  return new URL(`${folder}${name}.js`, here);
}

/** Workers see rows in place; a Node that was started without shared memory cannot have them. */
function requireSharedMemory(): void {
  if (typeof SharedArrayBuffer === 'function') return;
  throw new StudioError('native/unavailable', 'This Node has no SharedArrayBuffer.', {
    hint: 'Start it without V8 flags that turn shared memory off (NODE_OPTIONS), or name another one in GGUF_STUDIO_NODE.',
  });
}

/**
 * Workers take tasks (with an `id` of their own), reply with the same `id`, and close their port on the message `end`
 * after the tasks before it.
 */
export class WorkerPool<
  Task extends { readonly id: number },
  Reply extends { readonly id: number },
  Outcome,
> {
  private readonly workers: BusyWorker<Task, Outcome>[] = [];
  private readonly queue: Waiting<Task, Outcome>[] = [];
  private failure: Error | undefined;
  private nextId = 0;

  constructor(private readonly options: WorkerPoolOptions<Reply, Outcome>) {
    requireSharedMemory();
    const count = Math.max(1, Math.floor(options.count));
    for (let index = 0; index < count; index++) this.start();
  }

  get size(): number {
    return this.workers.length;
  }

  /** Runs a task when its turn comes. After a worker has stopped unexpectedly every task is refused with the reason. */
  run(taskOf: (id: number) => Task): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) {
        reject(this.failure);
        return;
      }
      this.queue.push({ task: taskOf(this.nextId++), resolve, reject });
      this.feed();
    });
  }

  /**
   * Ends the workers; resolves when none runs any more. Tasks that wait are dropped, one that runs is finished and its
   * outcome ignored. Workers end by themselves: terminating one while koffi loads in it aborts the whole process (its
   * calls into Node then fail).
   */
  async dispose(): Promise<void> {
    this.fail(new StudioError('cancelled', `The ${this.options.name} workers were stopped.`));
    await Promise.all(
      this.workers.map(({ thread, exited }) => {
        thread.postMessage('end');
        return exited;
      }),
    );
  }

  private start(): void {
    const { entry, data, name } = this.options;
    const thread = new Worker(entry, { workerData: data });
    const exited = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    const worker: BusyWorker<Task, Outcome> = { thread, exited, tasks: new Map() };
    this.workers.push(worker);
    thread.on('message', (reply: Reply) => this.receive(worker, reply));
    const stopped = (reason: string, cause?: unknown) =>
      this.fail(new StudioError('native/crashed', `A ${name} worker stopped unexpectedly${reason}.`, { cause })); // prettier-ignore
    thread.on('error', (error: Error) => stopped(`: ${error.message}`, error));
    thread.on('exit', () => stopped(''));
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
      worker.thread.postMessage(next.task);
    }
  }

  private receive(worker: BusyWorker<Task, Outcome>, reply: Reply): void {
    const waiting = worker.tasks.get(reply.id);
    worker.tasks.delete(reply.id);
    try {
      waiting?.resolve(this.options.outcomeOf(reply));
    } catch (error) {
      waiting?.reject(error);
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
