// What every long task reports while it runs. The command line, the window and tests read the same events.
import type { MeasuredNode } from './measured-node.ts';

export type StageEvent =
  /** A named step began; `detail` names its subject (a file, a tensor, a level). */
  | { event: 'phase'; phase: string; detail?: string }
  /** Work done of a known total, in `unit`; `done` only rises within one task. */
  | {
      event: 'progress';
      done: number;
      total: number;
      unit: 'bytes' | 'tensors' | 'steps';
      detail?: string;
      /** The same in seconds that this machine's rates foretell: the time left follows it, for types differ in speed. */
      effort?: { done: number; total: number };
    }
  /** Something the user should read but that does not stop the work. */
  | { event: 'notice'; level: 'info' | 'warning'; message: string }
  /** Where a node of the recipe stands; for a quantize step one per level. Builds report it, and allocations. */
  | {
      event: 'step';
      node: string;
      level?: string;
      state: 'waiting' | 'running' | 'done' | 'reused' | 'failed';
      done?: number;
      total?: number;
      /** Of an evaluate step that has measured. */
      measured?: MeasuredNode;
    }
  /** One line of a native library's log. */
  | { event: 'log'; level: 'debug' | 'info' | 'warning' | 'error'; text: string }
  /** A finished file under its final name. `reused` when a record proved it current and nothing was written. */
  | { event: 'artifact'; path: string; bytes: number; sha256?: string; reused?: boolean };

/** Long work: yields events and returns its result. `AbortSignal` is the only way to cancel. */
export type StageRun<Output> = AsyncGenerator<StageEvent, Output, void>;

/** Receives events where a generator would be in the way (callbacks of workers, native logs). */
export type EventSink = (event: StageEvent) => void;
