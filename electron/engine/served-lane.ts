// One served parent's context: its streams, the adapter it computes with, and its growing. Streams begin with few tokens; a
// conversation that needs more gets a larger context for all of them, and each computes its history again in its next step.
import type { LlamaContext, LlamaModel, Token } from 'node-llama-cpp';
import { StudioError } from '#src/errors/studio-error.ts';
import type { ChatTemplate } from './chat-template.ts';
import { refusals } from './refusals.ts';
import type { ResolvedAdapter } from './resolve-adapters.ts';
import { StreamSlots, type Slot } from './stream-slots.ts';
import { StreamTurns, type Turn, type TurnHooks } from './stream-turns.ts';
import { readAdapter, switchAdapters } from './switch-adapters.ts';

export interface LaneOptions {
  readonly path: string;
  readonly template: ChatTemplate;
  readonly threads: number;
  readonly streams: number;
  readonly initial: number;
  /** Most tokens of a stream. */
  readonly window: number;
  readonly whenFull: 'stop' | 'slide';
  readonly hooks: Pick<TurnHooks, 'takeCores' | 'coresAreWanted'>;
  /** Throws `memory/short` when a context of this size does not fit beside everything else. */
  readonly checkRoom: (contextSize: number) => Promise<void>;
}

export class ServedLane {
  readonly turns: StreamTurns;
  readonly slots: StreamSlots;
  private readonly adapters = new Map<string, readonly ResolvedAdapter[]>();
  private readonly stop = new AbortController();

  private constructor(
    readonly model: LlamaModel,
    readonly options: LaneOptions,
    private context: LlamaContext,
  ) {
    this.slots = new StreamSlots(context, options.streams);
    this.turns = new StreamTurns({
      ...options.hooks,
      switchTo: (key) =>
        refusals(options.path, () => switchAdapters(this.context, this.adapters.get(key) ?? [])),
    });
  }

  static async create(
    model: LlamaModel,
    options: LaneOptions,
    signal: AbortSignal,
  ): Promise<ServedLane> {
    const context = await makeContext(model, options, options.initial, signal);
    return new ServedLane(model, options, context);
  }

  /** Tokens that a stream holds now. */
  get contextSize(): number {
    return Math.min(this.options.window, this.context.contextSize);
  }

  get batchSize(): number {
    // What streams that generate need of a batch beside a prompt's piece.
    return Math.max(1, this.context.batchSize - this.options.streams);
  }

  get memoryUsage(): { ram: number; vram: number } {
    return this.context.memoryUsage;
  }

  /** Aborted when the parent leaves. */
  get signal(): AbortSignal {
    return this.stop.signal;
  }

  /** Reads adapter files now. Throws `adapter/wrong-base` and `adapter/invalid`. */
  async read(adapters: readonly ResolvedAdapter[]): Promise<void> {
    for (const { filePath } of adapters) {
      await refusals(this.options.path, () => readAdapter(this.context, filePath));
    }
  }

  /** The key under which streams with these adapters compute together. */
  keyOf(adapters: readonly ResolvedAdapter[]): string {
    const used = adapters.filter(({ scale }) => scale !== 0);
    const key = JSON.stringify(used.map(({ filePath, scale }) => [filePath, scale]));
    this.adapters.set(key, used);
    return key;
  }

  async take(
    wish: { key: string; conversation: string | undefined; tokens: readonly Token[] },
    signal: AbortSignal,
    onWait: () => void,
  ): Promise<{ readonly slot: Slot; readonly turn: Turn }> {
    const slot = await this.slots.take(wish, signal, onWait);
    slot.conversation = wish.conversation;
    return { slot, turn: this.turns.join(wish.key) };
  }

  giveBack(slot: Slot, turn: Turn): void {
    turn.leave();
    this.slots.release(slot);
  }

  /**
   * Makes room for `needed` tokens per stream. The asking stream is paused. False when memory does not hold a larger
   * context: the old one is kept.
   */
  async grow(needed: number): Promise<boolean> {
    return this.turns.exclusive(async () => {
      if (this.contextSize >= needed) return true;
      const { window } = this.options;
      let size = this.contextSize;
      while (size < needed) size *= 2;
      try {
        const larger = await makeContext(
          this.model,
          this.options,
          Math.min(size, window),
          this.signal,
          true,
        );
        const smaller = this.context;
        this.context = larger;
        this.slots.replace(larger);
        this.turns.forget();
        await smaller.dispose();
        return true;
      } catch (error) {
        if (error instanceof StudioError && error.code === 'memory/short') return false;
        throw error;
      }
    });
  }

  /** Frees a cache that another adapter or conversation left. In the stream's turn only. */
  async claim(slot: Slot, key: string): Promise<void> {
    if (slot.key !== key) {
      if (slot.sequence.nextTokenIndex > 0) await slot.sequence.clearHistory();
      slot.key = key;
    }
  }

  async dispose(): Promise<void> {
    this.stop.abort(
      new StudioError('cancelled', `${this.options.path} was unloaded while it answered.`),
    );
    await this.turns.exclusive(() => this.context.dispose());
  }
}

async function makeContext(
  model: LlamaModel,
  options: LaneOptions,
  contextSize: number,
  signal: AbortSignal,
  isLarger = false,
): Promise<LlamaContext> {
  if (isLarger) await options.checkRoom(contextSize);
  return refusals(options.path, () =>
    model.createContext({
      contextSize,
      sequences: options.streams,
      threads: options.threads,
      batchSize: Math.min(512, Math.max(contextSize, 256)) + options.streams,
      createSignal: signal,
      failedCreationRemedy: false,
    }),
  );
}
