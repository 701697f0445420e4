// Work that takes its turn, first come first served: the prompts of one column, the loading of models.

export class TurnQueue {
  private last: Promise<unknown> = Promise.resolve();
  private count = 0;

  /** True while something runs or waits. */
  get busy(): boolean {
    return this.count > 0;
  }

  /** How many run or wait. */
  get length(): number {
    return this.count;
  }

  /**
   * Runs `work` after all that was queued before it. `onWait` is called at once when something is ahead. Aborting while it
   * waits rejects with the signal's reason; `work` itself must look at the signal.
   */
  async run<Result>(
    work: () => Promise<Result>,
    options: { readonly signal?: AbortSignal; readonly onWait?: () => void } = {},
  ): Promise<Result> {
    const { signal, onWait } = options;
    if (this.busy) onWait?.();
    const ahead = this.last;
    let release = () => {};
    this.last = new Promise<void>((resolve) => (release = resolve));
    const mine = this.last;
    this.count++;
    try {
      await untilAborted(ahead, signal);
    } catch (error) {
      // Those behind still wait for those ahead.
      void ahead.then(release);
      this.count--;
      throw error;
    }
    try {
      return await work();
    } finally {
      this.count--;
      if (this.last === mine) this.last = Promise.resolve();
      release();
    }
  }
}

/** Waits for `promise`, or rejects with the signal's reason. */
export async function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
