// A port over one browser tab's WebSocket, with the two limits that keep a stuck tab from taking memory: how much may wait
// to be sent, and how long it may stay silent.
import type { WebSocket } from 'ws';
import type { Port, PortClosed } from '#src/rpc/port.ts';
import { createTextPort } from '#src/rpc/text-port.ts';

/** Bytes that may wait for a tab that does not read; then it is cut off and loads anew. */
const mostWaitingBytes = 64 * 2 ** 20;
/** A tab whose machine vanished is noticed after two of these, in milliseconds. */
const pingInterval = 30_000;

/** Joins a WebSocket to the studio's protocol. */
export function createWebSocketPort(socket: WebSocket): Port {
  const closeListeners: ((closed: PortClosed) => void)[] = [];
  let closed: PortClosed | undefined;
  let alive = true;
  const timer = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, pingInterval);
  timer.unref();
  socket.on('pong', () => (alive = true));
  // Without a listener an error (a message over the limit, a broken frame) would end the process; `close` follows it.
  socket.on('error', () => undefined);
  socket.on('close', (code, reason) => {
    clearInterval(timer);
    closed = { reason: reason.toString() || `the tab was closed (${code})`, lastLines: [] };
    for (const listener of closeListeners.splice(0)) listener(closed);
  });
  return createTextPort({
    send(text) {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > mostWaitingBytes) {
        socket.close(1013, 'this tab did not read what was sent to it');
        return;
      }
      socket.send(text);
    },
    onText: (listener) =>
      void socket.on('message', (data, isBinary) =>
        listener(isBinary ? undefined : (data as Buffer).toString('utf8')),
      ),
    onClose: (listener) => {
      if (closed !== undefined) listener(closed);
      else closeListeners.push(listener);
    },
    refuse: (reason) => socket.close(1003, reason),
  });
}
