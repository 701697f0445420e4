// A port over anything that carries texts. Messages are JSON texts on every border, so that what passes between a window
// and the desktop's main process is exactly what passes between a browser and the server.
import type { Port, PortClosed } from './port.ts';

export interface TextCarrier {
  /** Sends one text; does nothing when the other side is gone. */
  send(text: string): void;
  /** Calls back with every text (or whatever else a hostile sender put there). */
  onText(listener: (text: unknown) => void): void;
  onClose(listener: (closed: PortClosed) => void): void;
  /** Ends the connection with a sender that does not speak JSON. */
  refuse(reason: string): void;
}

/** Joins JSON messages to a carrier of texts. */
export function createTextPort(carrier: TextCarrier): Port {
  return {
    send: (message) => carrier.send(JSON.stringify(message)),
    onMessage: (listener) =>
      carrier.onText((text) => {
        let message: unknown;
        try {
          if (typeof text !== 'string') throw new TypeError('not a text');
          message = JSON.parse(text);
        } catch {
          carrier.refuse('a message was not JSON');
          return;
        }
        listener(message);
      }),
    onClose: (listener) => carrier.onClose(listener),
  };
}
