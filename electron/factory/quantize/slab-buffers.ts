// The fixed set of slab buffers: who wants to read waits for one to be free. This is what bounds the memory of a build.
export class SlabBuffers {
  private readonly free: SharedArrayBuffer[];
  private readonly waiting: { give: (buffer: SharedArrayBuffer) => void }[] = [];

  constructor(count: number, byteLength: number) {
    this.free = Array.from({ length: count }, () => new SharedArrayBuffer(byteLength));
  }

  /** The next free buffer. Rejects with the signal's reason: a failed pipeline gives no buffer back. */
  take(signal: AbortSignal): Promise<SharedArrayBuffer> {
    signal.throwIfAborted();
    const buffer = this.free.pop();
    if (buffer !== undefined) return Promise.resolve(buffer);
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      this.waiting.push({
        give: (given) => {
          signal.removeEventListener('abort', stop);
          resolve(given);
        },
      });
    });
  }

  give(buffer: SharedArrayBuffer): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free.push(buffer);
    else next.give(buffer);
  }
}
