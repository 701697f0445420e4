// Two ports joined in memory: contracts are tested without a process. Messages go through JSON, as they do between
// processes, so that what would not survive the border does not survive here either.
import type { Port, PortClosed } from './port.ts';

export interface MemoryPort extends Port {
  /** Ends the connection as a dying process would; both sides learn it. */
  close(closed: PortClosed): void;
}

export function createMemoryPortPair(): readonly [MemoryPort, MemoryPort] {
  const left = createEnd();
  const right = createEnd();
  let closed = false;
  const join = (from: End, to: End): MemoryPort => ({
    send(message) {
      if (closed) return;
      const text = JSON.stringify(message);
      queueMicrotask(() => to.deliver(JSON.parse(text)));
    },
    onMessage: from.onMessage,
    onClose: from.onClose,
    close(reason) {
      if (closed) return;
      closed = true;
      queueMicrotask(() => {
        left.close(reason);
        right.close(reason);
      });
    },
  });
  return [join(left, right), join(right, left)];
}

interface End extends Omit<Port, 'send'> {
  deliver(message: unknown): void;
  close(closed: PortClosed): void;
}

function createEnd(): End {
  const messageListeners: ((message: unknown) => void)[] = [];
  const closeListeners: ((closed: PortClosed) => void)[] = [];
  const waiting: unknown[] = [];
  let ended: PortClosed | undefined;
  return {
    deliver(message) {
      if (messageListeners.length === 0) waiting.push(message);
      for (const listener of messageListeners) listener(message);
    },
    onMessage(listener) {
      messageListeners.push(listener);
      for (const message of waiting.splice(0)) listener(message);
    },
    onClose(listener) {
      if (ended !== undefined) listener(ended);
      else closeListeners.push(listener);
    },
    close(closed) {
      ended = closed;
      for (const listener of closeListeners.splice(0)) listener(closed);
    },
  };
}
