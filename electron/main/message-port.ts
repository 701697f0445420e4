// A port over Electron's MessagePortMain: how one window talks with the studio. Calls, progress and token streams all go
// over it, past the main process's own message channels.
import type { MessagePortMain } from 'electron';
import type { Port } from '#src/rpc/port.ts';
import { createTextPort } from '#src/rpc/text-port.ts';

/** Joins a window's message port to the studio's protocol. */
export function createMessagePort(port: MessagePortMain): Port {
  let closed = false;
  const closeListeners: (() => void)[] = [];
  port.on('close', () => {
    closed = true;
    for (const listener of closeListeners.splice(0)) listener();
  });
  return createTextPort({
    send: (text) => {
      if (!closed) port.postMessage(text);
    },
    onText: (listener) => {
      port.on('message', ({ data }) => listener(data));
      port.start();
    },
    onClose: (listener) => {
      const tell = () => listener({ reason: 'the window was closed', lastLines: [] });
      if (closed) tell();
      else closeListeners.push(tell);
    },
    refuse: () => port.close(),
  });
}
