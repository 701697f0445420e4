// One column: what it should hold, what of it is loaded, and whose turn it is to use it.
import type { Llama } from 'node-llama-cpp';
import type { ColumnState, LoadedColumn } from '#src/contract/column.ts';
import type { EngineContract } from '#src/contract/engine.contract.ts';
import type { ParsedParamsOf } from '#src/contract/contract.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { isSmallModel } from '#src/io/choose-threads.ts';
import type { AnswerRecord, ChatSession } from './chat-session.ts';
import type { ModelFile } from './model-file.ts';
import type { ModelLease } from './model-store.ts';
import type { ModelFacts } from './resolve-adapters.ts';
import { TurnQueue } from './turn-queue.ts';

/** What `loadColumn` was asked. */
export type ColumnSpec = ParsedParamsOf<EngineContract, 'loadColumn'>;

/** Where the events of a call go; a method without stage events drops them. */
export interface ColumnReport {
  readonly signal: AbortSignal;
  state(state: ColumnState): void;
  stage(event: StageEvent): void;
}

export interface LoadedParts {
  readonly spec: ColumnSpec;
  readonly llama: Llama;
  readonly file: ModelFile;
  readonly facts: ModelFacts;
  readonly lease: ModelLease;
  readonly session: ChatSession;
  readonly about: Omit<LoadedColumn, 'seconds'>;
}

/** The last answer, kept by token ids; it outlives the model that gave it. */
export interface LastAnswer extends AnswerRecord {
  readonly vocabulary: string;
}

export class Column {
  readonly queue = new TurnQueue();
  loaded: LoadedParts | undefined;
  lastAnswer: LastAnswer | undefined;
  /** Rises with every use, over all columns. */
  lastUsed = 0;
  /** In its own turn it only waits for the turn of loading: what it holds may be unloaded. */
  isWaitingToLoad = false;
  private readonly calls = new Set<AbortController>();

  constructor(
    readonly name: string,
    public spec: ColumnSpec,
  ) {}

  /** Threads that an answer keeps busy; a model that is on a GPU as a whole needs one. */
  get threads(): number {
    const { about } = this.loaded ?? {};
    if (about === undefined) return 1;
    return about.gpuLayers >= about.totalLayers && about.totalLayers > 0 ? 1 : about.threads;
  }

  /** Small models share what is done around a token, one thread of JavaScript, more than they use cores. */
  get isSmall(): boolean {
    return this.loaded !== undefined && isSmallModel(this.loaded.file.bytes);
  }

  /** Runs a call that `stop` can end; `work` gets its signal. */
  async stoppable<Result>(
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const controller = new AbortController();
    this.calls.add(controller);
    try {
      return await work(AbortSignal.any([signal, controller.signal]));
    } finally {
      this.calls.delete(controller);
    }
  }

  /** Ends the answers that run or wait. */
  stop(): void {
    for (const call of this.calls) call.abort();
  }

  /** Frees its memory; what it should hold is kept. In its turn only. */
  async unload(): Promise<void> {
    const { loaded } = this;
    this.loaded = undefined;
    await loaded?.session.dispose();
    await loaded?.lease.release();
  }
}
