// The only file that knows how the window reaches the studio: the preload's named methods on the desktop, a WebSocket in
// the browser. Everything else calls `studio.call('method', params)` and catches StudioErrors.
import type { EventOf, MethodName, ParamsOf, ResultOf } from '#src/contract/contract.ts';
import { studioContract, type StudioContract } from '#src/contract/studio.contract.ts';
import { fromWireError, StudioError } from '#src/errors/studio-error.ts';
import type { StudioBridge } from '#src/rpc/bridge.ts';
import { createClient, type CallOptions } from '#src/rpc/client.ts';
import type { Port, PortClosed } from '#src/rpc/port.ts';
import { createTextPort } from '#src/rpc/text-port.ts';

export type StudioMethod = MethodName<StudioContract>;
export type StudioParams<M extends StudioMethod> = ParamsOf<StudioContract, M>;
export type StudioResult<M extends StudioMethod> = ResultOf<StudioContract, M>;
export type StudioEvent<M extends StudioMethod> = EventOf<StudioContract, M>;

export interface StudioClient {
  /** Runs one method; rejects with a StudioError. */
  call<M extends StudioMethod>(
    method: M,
    params: StudioParams<M>,
    options?: CallOptions<StudioEvent<M>>,
  ): Promise<StudioResult<M>>;
  /** Resolves with the reason when the studio is gone; nothing can be called any more until the window is loaded again. */
  readonly closed: Promise<PortClosed>;
  /** References of dropped files where their paths are known (desktop); undefined in the browser, which uploads. */
  readonly pathsOf: ((files: readonly File[]) => Promise<readonly string[]>) | undefined;
}

declare global {
  interface Window {
    readonly studio?: StudioBridge;
  }
}

/** Connects to the studio. Throws `internal` when neither the preload nor a server is there. */
export async function connectToStudio(): Promise<StudioClient> {
  if (window.studio !== undefined) return bridgeClient(window.studio);
  const port = await openWebSocketPort();
  const client = createClient(studioContract, port, 'studio');
  return {
    call: (method, params, options) => client.call(method, params, options),
    closed: client.closed,
    pathsOf: undefined,
  };
}

function bridgeClient(bridge: StudioBridge): StudioClient {
  return {
    closed: bridge.closed,
    pathsOf: (files) => bridge.acceptDroppedFiles(files),
    async call(method, params, options = {}) {
      if (options.signal?.aborted) throw new StudioError('cancelled', 'Cancelled.');
      const { outcome, cancel } = bridge.methods[method](params, (event) =>
        options.onEvent?.(event as never),
      );
      options.signal?.addEventListener('abort', cancel, { once: true });
      try {
        const answer = await outcome;
        if (answer.ok) return answer.value as never;
        throw fromWireError(answer.error);
      } finally {
        options.signal?.removeEventListener('abort', cancel);
      }
    },
  };
}

/** The server's WebSocket, beside the page; the session cookie lets it through. */
function openWebSocketPort(): Promise<Port> {
  const address = new URL('studio', window.location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(address);
  return new Promise((resolve, reject) => {
    socket.onerror = () =>
      reject(
        new StudioError('internal', 'The studio does not answer.', {
          hint: 'Open the address that "gguf-studio serve" printed; it lets this browser in.',
        }),
      );
    socket.onopen = () => resolve(createWebSocketPort(socket));
  });
}

/** Remembers how the socket closed: a listener that comes later is told, too. */
function createWebSocketPort(socket: WebSocket): Port {
  const closeListeners: ((closed: PortClosed) => void)[] = [];
  let closed: PortClosed | undefined;
  socket.addEventListener('close', ({ reason }) => {
    closed = { reason: reason === '' ? 'the connection was closed' : reason, lastLines: [] };
    for (const listener of closeListeners.splice(0)) listener(closed);
  });
  return createTextPort({
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    onText: (listener) =>
      socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => listener(data)),
    onClose: (listener) => {
      if (closed !== undefined) listener(closed);
      else closeListeners.push(listener);
    },
    // Browsers close only with 1000 or a code of the program's own.
    refuse: (reason) => socket.close(4003, reason),
  });
}
