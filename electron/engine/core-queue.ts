// Who may compute now. llama.cpp's threads wait for each other by spinning, so answers that together want more threads than
// there are cores are slower than one after the other (measured: docs/architecture.md, "Columns share the cores").
import { availableParallelism } from 'node:os';
import { untilAborted } from './turn-queue.ts';

interface Waiter {
  readonly threads: number;
  readonly start: () => void;
}

interface CoreOptions {
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** Called when it has to wait. */
  readonly onWait?: () => void;
}

export class CoreQueue {
  private used = 0;
  private readonly waiters: Waiter[] = [];

  constructor(private readonly cores = availableParallelism()) {}

  /** Somebody waits. */
  get isWanted(): boolean {
    return this.waiters.length > 0;
  }

  /** Runs `work`, which uses `threads`, when `take` gives them. */
  async run<Result>(
    threads: number,
    work: () => Promise<Result>,
    options: CoreOptions = {},
  ): Promise<Result> {
    const release = await this.take(threads, options);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /**
   * Takes `threads` as soon as that many cores are free; in the order in which it was asked. More threads than cores run
   * alone. Answers how to give them back, which may be called again without effect.
   */
  async take(threads: number, { signal, onWait }: CoreOptions = {}): Promise<() => void> {
    const taken = Math.min(threads, this.cores);
    if (this.waiters.length > 0 || this.used + taken > this.cores) {
      onWait?.();
      await this.wait(taken, signal);
    } else {
      this.used += taken;
    }
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.used -= taken;
      this.startWaiters();
    };
  }

  private async wait(threads: number, signal: AbortSignal | undefined): Promise<void> {
    let start = () => {};
    const started = new Promise<void>((resolve) => (start = resolve));
    const waiter: Waiter = { threads, start };
    this.waiters.push(waiter);
    try {
      await untilAborted(started, signal);
    } catch (error) {
      const index = this.waiters.indexOf(waiter);
      // It was given its cores in the moment in which it was aborted.
      if (index === -1) this.used -= threads;
      else this.waiters.splice(index, 1);
      this.startWaiters();
      throw error;
    }
  }

  private startWaiters(): void {
    for (;;) {
      const next = this.waiters[0];
      if (next === undefined || this.used + next.threads > this.cores) return;
      this.waiters.shift();
      this.used += next.threads;
      next.start();
    }
  }
}
