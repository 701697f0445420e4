// The pool of score workers: chunks of logits in, figures out, while the host's own thread stays free. Workers read the
// logits where llama.cpp left them, so these must stay as they are until the promise is settled. worker-pool.ts has their
// life.
import { availableParallelism } from 'node:os';
import { invariant } from '#src/errors/assert.ts';
import { fromWireError } from '#src/errors/studio-error.ts';
import type { LogitRows, PositionScores, ReferenceChunk } from '#src/evaluation/position-scores.ts';
import { refuseReference } from '#src/evaluation/reference/decode-position.ts';
import { hashTokens } from '#src/evaluation/reference/draw-uniforms.ts';
import { joinReferenceChunk, positionOffsets } from '#src/evaluation/reference/reference-chunk.ts';
import { builtWorker, holdRowLibrary, WorkerPool } from '../worker-pool.ts';
import { joinScores } from './join-scores.ts';
import type {
  ReferencePart,
  ScoreJob,
  ScoreOutcome,
  ScoreReply,
  ScoreTask,
  ScoreWorkerData,
} from './score-task.ts';

export interface ScorePoolOptions {
  /** At most this many workers; never more than the machine has cores. */
  readonly threads: number;
  readonly vocabularySize: number;
  /** Which tokens of a tail are drawn: equal for equal seeds and texts. */
  readonly seed: number;
}

/** Rows per job: some milliseconds of work, so that workers finish together. */
const rowsPerJob = 16;
/** A thread with its own JavaScript heap and koffi (measured: 18 MB after some hundred rows of 150,000). */
const threadBytes = 20 * 1024 ** 2;

/** Memory that one worker takes at most, in bytes: two rows, what is worked out of them, and the thread itself. */
export function scoreWorkerBytes(vocabularySize: number): number {
  return threadBytes + 16 * vocabularySize;
}

export class ScorePool {
  private readonly pool: WorkerPool<ScoreTask, ScoreReply, ScoreOutcome>;
  private readonly vocabularySize: number;

  /** Starts the workers. Throws `native/unavailable` where llama.cpp is missing. */
  constructor({ threads, vocabularySize, seed }: ScorePoolOptions) {
    this.vocabularySize = vocabularySize;
    const data: ScoreWorkerData = { location: holdRowLibrary(), vocabularySize, seed };
    this.pool = new WorkerPool({
      entry: builtWorker('score-worker'),
      name: 'score',
      count: Math.min(threads, availableParallelism()),
      data,
      outcomeOf,
    });
  }

  get size(): number {
    return this.pool.size;
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

  /** Ends the workers; resolves when none reads logits any more. Jobs that wait are dropped. */
  dispose(): Promise<void> {
    return this.pool.dispose();
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
      const job = jobOf(range, first, length);
      running.push(this.pool.run((id) => ({ id, job })));
    }
    const settled = await Promise.allSettled(running);
    return settled.map((each) => {
      if (each.status === 'rejected') throw each.reason;
      // A job's kind decides what it gives.
      return each.value as Outcome;
    });
  }
}

function outcomeOf(reply: ScoreReply): ScoreOutcome {
  if ('error' in reply) throw fromWireError(reply.error);
  return reply.outcome;
}
