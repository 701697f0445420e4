// What the host's thread and the score workers say to each other. Logits stay where they are: only their addresses travel.
import type { WireError } from '#src/errors/studio-error.ts';
import type { LogitRows, PositionScores } from '#src/evaluation/position-scores.ts';
import type { LocatedLibrary } from '../ffi/locate-library.ts';

export interface ScoreWorkerData {
  readonly location: LocatedLibrary;
  readonly vocabularySize: number;
  readonly seed: number;
}

interface Rows {
  /** Position in its chunk of the first row, which errors and random numbers need. */
  readonly firstPosition: number;
  /** The token that follows each position. */
  readonly next: Int32Array;
}

export type ScoreJob = Rows &
  (
    | { readonly kind: 'reference'; readonly base: LogitRows; readonly textHash: number }
    | {
        readonly kind: 'against';
        readonly subject: LogitRows;
        readonly nllBase: Float32Array;
        readonly encoded: Uint8Array;
      }
    | { readonly kind: 'pair'; readonly base: LogitRows; readonly subject: LogitRows }
  );

/** Encoded positions without a chunk's header. */
export interface ReferencePart {
  readonly nll: Float32Array;
  readonly encoded: Uint8Array;
}

export type ScoreOutcome = ReferencePart | PositionScores;

export interface ScoreTask {
  readonly id: number;
  readonly job: ScoreJob;
}

/** What a worker is sent: a task, or the order to end after those before it. */
export type ScoreRequest = ScoreTask | 'end';

export type ScoreReply =
  | { readonly id: number; readonly outcome: ScoreOutcome }
  | { readonly id: number; readonly error: WireError };
