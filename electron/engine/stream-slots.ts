// The streams of a served context: which request gets which, so that a conversation finds what the cache holds of it, and
// how requests wait when all are taken: in turn between adapters, first come first served within one.
import type { LlamaContext, LlamaContextSequence, Token } from 'node-llama-cpp';
import { untilAborted } from './turn-queue.ts';

export interface Slot {
  /** Another one after the context has grown; look at `epoch`. */
  sequence: LlamaContextSequence;
  /** Rises when the sequence is replaced. */
  epoch: number;
  /** Adapters that its cache was computed with; undefined for an empty one. */
  key: string | undefined;
  conversation: string | undefined;
  isBusy: boolean;
  lastUsed: number;
}

export interface SlotWish {
  readonly key: string;
  readonly conversation: string | undefined;
  readonly tokens: readonly Token[];
}

interface Waiter {
  readonly wish: SlotWish;
  readonly start: () => void;
}

export class StreamSlots {
  readonly slots: Slot[];
  private readonly waiters: Waiter[] = [];
  private readonly lastStarts = new Map<string, number>();
  private uses = 0;

  constructor(context: LlamaContext, count: number) {
    this.slots = Array.from({ length: count }, () => ({
      sequence: context.getSequence(),
      epoch: 0,
      key: undefined,
      conversation: undefined,
      isBusy: false,
      lastUsed: 0,
    }));
  }

  get running(): number {
    return this.slots.filter(({ isBusy }) => isBusy).length;
  }

  get waiting(): number {
    return this.waiters.length;
  }

  /** Takes a stream, waiting for one. Give it back with `release`. */
  async take(wish: SlotWish, signal: AbortSignal, onWait: () => void): Promise<Slot> {
    if (this.waiters.length > 0 || this.slots.every(({ isBusy }) => isBusy)) {
      onWait();
      await this.wait(wish, signal);
    }
    const slot = bestSlot(
      this.slots.filter(({ isBusy }) => !isBusy),
      wish,
    );
    slot.isBusy = true;
    slot.lastUsed = ++this.uses;
    this.lastStarts.set(wish.key, this.uses);
    return slot;
  }

  release(slot: Slot): void {
    slot.isBusy = false;
    slot.lastUsed = ++this.uses;
    this.startNext();
  }

  /** Gives every stream a sequence of a new context, with an empty cache. */
  replace(context: LlamaContext): void {
    for (const slot of this.slots) {
      slot.sequence = context.getSequence();
      slot.epoch++;
      slot.key = undefined;
    }
  }

  private async wait(wish: SlotWish, signal: AbortSignal): Promise<void> {
    let start = () => {};
    const started = new Promise<void>((resolve) => (start = resolve));
    const waiter: Waiter = { wish, start };
    this.waiters.push(waiter);
    try {
      await untilAborted(started, signal);
    } catch (error) {
      const index = this.waiters.indexOf(waiter);
      // A stream became free for it in the moment in which it was aborted.
      if (index === -1) this.startNext();
      else this.waiters.splice(index, 1);
      throw error;
    }
  }

  private startNext(): void {
    const keys = [...new Set(this.waiters.map(({ wish }) => wish.key))];
    const lastStart = (key: string) => this.lastStarts.get(key) ?? -1;
    const [key] = keys.toSorted((left, right) => lastStart(left) - lastStart(right));
    const index = this.waiters.findIndex(({ wish }) => wish.key === key);
    const [next] = index === -1 ? [] : this.waiters.splice(index, 1);
    if (next === undefined) return;
    this.lastStarts.set(next.wish.key, ++this.uses);
    next.start();
  }
}

/** Where most of the prompt is in the cache already; else an empty one, else the one that was not used for longest. */
function bestSlot(free: readonly Slot[], { key, conversation, tokens }: SlotWish): Slot {
  let best: { readonly slot: Slot; readonly common: number } | undefined;
  for (const slot of free) {
    if (slot.key !== key) continue;
    const cached = slot.sequence.nextTokenIndex;
    const common = slot.sequence.compareContextTokens([...tokens]).firstDifferentIndex;
    const isSame = conversation !== undefined && slot.conversation === conversation;
    // Another conversation's cache is not given up for a common beginning.
    if (!isSame && common * 2 < cached) continue;
    if (common > (best?.common ?? 0)) best = { slot, common };
  }
  if (best !== undefined) return best.slot;
  const byUse = free.toSorted((left, right) => left.lastUsed - right.lastUsed);
  return byUse.find(({ key: held }) => held === undefined) ?? byUse[0]!;
}
