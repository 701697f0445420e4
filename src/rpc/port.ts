// The little that calls need from whatever carries them: child-process messages, a WebSocket, a pair in memory.

/** Why the other side is gone. */
export interface PortClosed {
  /** `exit code 134`, `signal SIGKILL`, ... */
  readonly reason: string;
  /** The last lines that the other side wrote to its log. */
  readonly lastLines: readonly string[];
}

export interface Port {
  /** Sends one JSON value. Silently does nothing when the other side is gone: `onClose` tells that. */
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, also when the port was closed before the listener came. */
  onClose(listener: (closed: PortClosed) => void): void;
}
