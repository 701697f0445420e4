// The pool of score workers: chunks of logits in, figures out, while the host's own thread stays free. Workers read the
// logits where llama.cpp left them, so these must stay as they are until the promise is settled.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { invariant } from '#src/errors/assert.ts';
import { fromWireError, StudioError } from '#src/errors/studio-error.ts';
import type { LogitRows, PositionScores, ReferenceChunk } from '#src/evaluation/position-scores.ts';
import { refuseReference } from '#src/evaluation/reference/decode-position.ts';
import { hashTokens } from '#src/evaluation/reference/draw-uniforms.ts';
import { joinReferenceChunk, positionOffsets } from '#src/evaluation/reference/reference-chunk.ts';
import { locateLibrary } from '../ffi/locate-library.ts';
import { openRowLibrary } from '../ffi/open-llama-library.ts';
import type { RowCodec } from '../ffi/llama-library.types.ts';
import { joinScores } from './join-scores.ts';
import type {
  ReferencePart,
  ScoreJob,
  ScoreOutcome,
  ScoreReply,
  ScoreRequest,
  ScoreWorkerData,
} from './score-task.ts';

interface Waiting {
  readonly id: number;
  readonly job: ScoreJob;
  readonly resolve: (outcome: ScoreOutcome) => void;
  readonly reject: (error: unknown) => void;
}

interface BusyWorker {
  readonly thread: Worker;
  readonly exited: Promise<void>;
  readonly jobs: Map<number, Waiting>;
}

export interface ScorePoolOptions {
  /** At most this many workers; never more than the machine has cores. */
  readonly threads: number;
  readonly vocabularySize: number;
  /** Which tokens of a tail are drawn: equal for equal seeds and texts. */
  readonly seed: number;
}

/** Workers that end would unload libggml, which cannot be loaded twice in a process (see row-pool.ts). */
let heldLibrary: RowCodec | undefined;

/** Jobs that a worker holds: the one it computes and the next. */
const jobsPerWorker = 2;
/** Rows per job: some milliseconds of work, so that workers finish together. */
const rowsPerJob = 16;
/** A thread with its own JavaScript heap and koffi (measured: 18 MB after some hundred rows of 150,000). */
const threadBytes = 20 * 1024 ** 2;

/** Memory that one worker takes at most, in bytes: two rows, what is worked out of them, and the thread itself. */
export function scoreWorkerBytes(vocabularySize: number): number {
  return threadBytes + 16 * vocabularySize;
}

export class ScorePool {
  private readonly workers: BusyWorker[] = [];
  private readonly queue: Waiting[] = [];
  private readonly vocabularySize: number;
  private failure: Error | undefined;
  private nextId = 0;

  /** Starts the workers. Throws `native/unavailable` where llama.cpp is missing. */
  constructor({ threads, vocabularySize, seed }: ScorePoolOptions) {
    this.vocabularySize = vocabularySize;
    const data: ScoreWorkerData = { location: locateLibrary(), vocabularySize, seed };
    heldLibrary ??= openRowLibrary(data.location);
    const count = Math.max(1, Math.min(Math.floor(threads), availableParallelism()));
    for (let index = 0; index < count; index++) this.start(data);
  }

  get size(): number {
    return this.workers.length;
  }

  /**
   * Makes the small reference of a chunk. `next[i]` is the token that follows row i in the text. Throws
   * `evaluation/not-finite` with the row's index when a logit is a NaN or an infinity.
   */
  async scoreReference(rows: LogitRows, next: Int32Array): Promise<ReferenceChunk> {
    const textHash = hashTokens(next);
    const parts = await this.scoreParts<ReferencePart>(rows.count, next, (range, first, count) => ({
      ...range,
      kind: 'reference',
      base: this.part(rows, first, count),
      textHash,
    }));
    const encoded = parts.map((part) => part.encoded);
    const nll = new Float32Array(rows.count);
    let at = 0;
    for (const part of parts) {
      nll.set(part.nll, at);
      at += part.nll.length;
    }
    return { nll, encoded: joinReferenceChunk(this.vocabularySize, rows.count, encoded) };
  }

  /**
   * Compares a chunk's rows with its small reference. Throws `evaluation/not-finite`, and `evaluation/reference` when the
   * reference is damaged or made for another vocabulary or number of positions.
   */
  async scoreAgainst(
    rows: LogitRows,
    next: Int32Array,
    reference: ReferenceChunk,
  ): Promise<PositionScores> {
    const { nll, encoded } = reference;
    const offsets = positionOffsets(encoded, this.vocabularySize, rows.count);
    if (nll.length !== rows.count) refuseReference(`it has ${nll.length} likelihoods`);
    if (!nll.every(Number.isFinite)) refuseReference('a likelihood is not finite');
    const parts = await this.scoreParts<PositionScores>(
      rows.count,
      next,
      (range, first, count) => ({
        ...range,
        kind: 'against',
        subject: this.part(rows, first, count),
        nllBase: nll.slice(first, first + count),
        encoded: encoded.slice(offsets[first], offsets[first + count]),
      }),
    );
    return joinScores(parts);
  }

  /** Compares two models' rows of one chunk in full, without a reference in between. Throws `evaluation/not-finite`. */
  async scorePair(base: LogitRows, subject: LogitRows, next: Int32Array): Promise<PositionScores> {
    invariant(base.count === subject.count, 'both models scored the same positions');
    const parts = await this.scoreParts<PositionScores>(
      base.count,
      next,
      (range, first, count) => ({
        ...range,
        kind: 'pair',
        base: this.part(base, first, count),
        subject: this.part(subject, first, count),
      }),
    );
    return joinScores(parts);
  }

  /**
   * Ends the workers; resolves when none reads logits any more. Jobs that wait are dropped, one that runs is finished and
   * its outcome ignored. Workers are never terminated: that aborts the process while koffi loads (see row-pool.ts).
   */
  async dispose(): Promise<void> {
    this.fail(new StudioError('cancelled', 'The score workers were stopped.'));
    await Promise.all(
      this.workers.map(({ thread, exited }) => {
        thread.postMessage('end' satisfies ScoreRequest);
        return exited;
      }),
    );
  }

  private part(rows: LogitRows, first: number, count: number): LogitRows {
    return { address: rows.address + BigInt(first) * BigInt(4 * this.vocabularySize), count };
  }

  /** Cuts a chunk into jobs; resolves in the chunk's order, and only when no worker reads its logits any more. */
  private async scoreParts<Outcome extends ScoreOutcome>(
    count: number,
    next: Int32Array,
    jobOf: (
      range: { firstPosition: number; next: Int32Array },
      first: number,
      count: number,
    ) => ScoreJob,
  ): Promise<Outcome[]> {
    invariant(next.length === count, 'every scored position has a token that follows');
    const running: Promise<ScoreOutcome>[] = [];
    for (let first = 0; first < count; first += rowsPerJob) {
      const length = Math.min(rowsPerJob, count - first);
      const range = { firstPosition: first, next: next.slice(first, first + length) };
      running.push(this.run(jobOf(range, first, length)));
    }
    const settled = await Promise.allSettled(running);
    return settled.map((each) => {
      if (each.status === 'rejected') throw each.reason;
      // A job's kind decides what it gives.
      return each.value as Outcome;
    });
  }

  private run(job: ScoreJob): Promise<ScoreOutcome> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) {
        reject(this.failure);
        return;
      }
      this.queue.push({ id: this.nextId++, job, resolve, reject });
      this.feed();
    });
  }

  private start(data: ScoreWorkerData): void {
    const thread = new Worker(workerEntry(), { workerData: data });
    const exited = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    const worker: BusyWorker = { thread, exited, jobs: new Map() };
    this.workers.push(worker);
    thread.on('message', (reply: ScoreReply) => this.receive(worker, reply));
    thread.on('error', (error: Error) => this.fail(error));
    thread.on('exit', () =>
      this.fail(new StudioError('native/crashed', 'A score worker stopped unexpectedly.')),
    );
  }

  private feed(): void {
    for (;;) {
      const next = this.queue[0];
      const worker = this.workers.reduce((least, other) =>
        other.jobs.size < least.jobs.size ? other : least,
      );
      if (next === undefined || worker.jobs.size >= jobsPerWorker) return;
      this.queue.shift();
      worker.jobs.set(next.id, next);
      worker.thread.postMessage({ id: next.id, job: next.job } satisfies ScoreRequest);
    }
  }

  private receive(worker: BusyWorker, reply: ScoreReply): void {
    const waiting = worker.jobs.get(reply.id);
    worker.jobs.delete(reply.id);
    if ('error' in reply) waiting?.reject(fromWireError(reply.error));
    else waiting?.resolve(reply.outcome);
    this.feed();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    const held = this.workers.flatMap(({ jobs }) => [...jobs.values()]);
    for (const { reject } of [...held, ...this.queue]) reject(error);
    for (const { jobs } of this.workers) jobs.clear();
    this.queue.length = 0;
  }
}

/** Beside the host's bundle; from the sources (tests), the one that the build put into dist. */
function workerEntry(): string {
  const here = import.meta.url;
  const path = here.endsWith('.ts') ? '../../../dist/factory/score-worker.js' : './score-worker.js';
  return fileURLToPath(new URL(path, here));
}
