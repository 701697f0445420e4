// Wakes whoever waits for memory: each time that something ends, it looks again whether there is room now.
import { untilAborted } from './turn-queue.ts';

export class IdleSignal {
  private readonly listeners = new Set<() => void>();

  tell(): void {
    for (const listener of this.listeners) listener();
  }

  /** Resolves at the next `tell`; rejects with the signal's reason. */
  async next(signal: AbortSignal): Promise<void> {
    let listener = () => {};
    const told = new Promise<void>((resolve) => (listener = resolve));
    this.listeners.add(listener);
    try {
      await untilAborted(told, signal);
    } finally {
      this.listeners.delete(listener);
    }
  }
}
