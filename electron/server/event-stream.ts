// Server-sent events to one client, with what keeps a client that does not read from holding memory or an answer.
import type { ServerResponse } from 'node:http';

export interface EventStreamLimits {
  /** Bytes that may wait for the client. */
  readonly mostWaitingBytes: number;
  /** Milliseconds in which it has to read something. */
  readonly readTimeout: number;
}

export interface EventStream {
  send(data: unknown): void;
  /** The same for what is JSON already. */
  sendJson(json: string): void;
  /** Says that all was sent. */
  end(): void;
}

/** `onStuck` is called when the client is cut off. */
export function openEventStream(
  response: ServerResponse,
  limits: EventStreamLimits,
  onStuck: () => void,
): EventStream {
  let timer: NodeJS.Timeout | undefined;
  const cutOff = () => {
    clearTimeout(timer);
    onStuck();
    response.destroy();
  };
  const wait = () => {
    if (timer !== undefined) return;
    timer = setTimeout(cutOff, limits.readTimeout);
    timer.unref();
  };
  response.on('drain', () => {
    clearTimeout(timer);
    timer = undefined;
  });
  response.on('close', () => clearTimeout(timer));
  const write = (text: string) => {
    if (response.destroyed || response.writableEnded) return;
    if (!response.write(text)) wait();
    if (response.writableLength > limits.mostWaitingBytes) cutOff();
  };
  return {
    send: (data) => write(`data: ${JSON.stringify(data)}\n\n`),
    sendJson: (json) => write(`data: ${json}\n\n`),
    end() {
      write('data: [DONE]\n\n');
      response.end();
      // What is still on its way gets as long as everything else.
      if (response.writableLength > 0) wait();
    },
  };
}
