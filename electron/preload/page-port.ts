// A port over the page's end of a message channel.
import type { Port } from '#src/rpc/port.ts';
import { createTextPort } from '#src/rpc/text-port.ts';

/** Joins a MessagePort of the browser to the studio's protocol. */
export function createPagePort(port: MessagePort): Port {
  return createTextPort({
    send: (text) => port.postMessage(text),
    onText: (listener) => {
      port.addEventListener('message', ({ data }: MessageEvent<unknown>) => listener(data));
      port.start();
    },
    onClose: (listener) =>
      // Sent by Chromium 122 and newer; before that only the end of the window tells that main is gone.
      port.addEventListener('close', () =>
        listener({ reason: 'the studio was ended', lastLines: [] }),
      ),
    refuse: () => port.close(),
  });
}
