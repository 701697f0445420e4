// The calling side of a contract: numbers calls, checks what comes back, and turns the end of the other process into an
// error of the calls that were running.
import { fromWireError, StudioError } from '#src/errors/studio-error.ts';
import type { Contract, EventOf, MethodName, ParamsOf, ResultOf } from '#src/contract/contract.ts';
import {
  parseMessage,
  serverMessageSchema,
  type ClientMessage,
  type ServerMessage,
} from './messages.ts';
import type { Port, PortClosed } from './port.ts';

export interface CallOptions<Event> {
  /** Aborting sends `cancel`; the call then ends with the error that the other side answers. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: Event) => void) | undefined;
}

export interface Client<C extends Contract> {
  /** Runs one method. Rejects with a StudioError; `native/crashed` when the other process ended while it ran. */
  call<M extends MethodName<C>>(
    method: M,
    params: ParamsOf<C, M>,
    options?: CallOptions<EventOf<C, M>>,
  ): Promise<ResultOf<C, M>>;
  /** Asks the other side to cancel everything and end. */
  stop(): void;
  /** Resolves when the other side is gone; `crashed` unless it said `done` first. */
  readonly closed: Promise<PortClosed & { readonly crashed: boolean }>;
}

interface RunningCall {
  readonly method: string;
  readonly signal: AbortSignal | undefined;
  readonly receive: (message: Extract<ServerMessage, { id: number }>) => void;
  readonly reject: (error: unknown) => void;
}

/** Makes a client; `hostName` is how messages name the other side (`factory host`). */
export function createClient<C extends Contract>(
  contract: C,
  port: Port,
  hostName: string,
): Client<C> {
  const running = new Map<number, RunningCall>();
  let nextId = 0;
  let saidDone = false;
  let gone: PortClosed | undefined;
  const send = (message: ClientMessage) => port.send(message);

  const closed = new Promise<PortClosed & { crashed: boolean }>((resolve) => {
    port.onClose((reason) => {
      gone = reason;
      const calls = [...running.values()];
      running.clear();
      for (const { method, signal, reject } of calls) {
        reject(signal?.aborted ? signal.reason : crashError(hostName, method, reason));
      }
      resolve({ ...reason, crashed: !saidDone });
    });
  });

  port.onMessage((received) => {
    let message: ServerMessage;
    try {
      message = parseMessage(serverMessageSchema, received, `A message of the ${hostName}`);
    } catch (error) {
      // Whose call it belongs to is unknown: none of them can be trusted to end.
      const calls = [...running.values()];
      running.clear();
      for (const call of calls) call.reject(error);
      return;
    }
    if (message.type === 'done') saidDone = true;
    if ('id' in message) running.get(message.id)?.receive(message);
  });

  return {
    closed,
    stop: () => send({ type: 'stop' }),
    call(method, params, options = {}) {
      const { signal, onEvent } = options;
      const schemas = contract[method];
      return new Promise((resolve, reject) => {
        if (schemas === undefined) throw new Error(`No method ${method} in the contract`);
        if (signal?.aborted) return reject(toError(signal.reason));
        if (gone !== undefined) return reject(crashError(hostName, method, gone));
        const id = nextId++;
        const cancel = () => send({ type: 'cancel', id });
        const end = () => {
          running.delete(id);
          signal?.removeEventListener('abort', cancel);
        };
        running.set(id, {
          method,
          signal,
          reject(error) {
            end();
            reject(toError(error));
          },
          receive(message) {
            try {
              if (message.type === 'event') {
                const where = `An event of "${method}"`;
                const event = parseMessage(schemas.event, message.event, where);
                onEvent?.(event as never);
              } else if (message.type === 'result') {
                const where = `The result of "${method}"`;
                resolve(parseMessage(schemas.result, message.result, where) as never);
                end();
              } else {
                throw fromWireError(message.error);
              }
            } catch (error) {
              end();
              if (message.type !== 'error') cancel();
              reject(toError(error));
            }
          },
        });
        signal?.addEventListener('abort', cancel, { once: true });
        send({ type: 'call', id, method, params });
      });
    },
  };
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new StudioError('cancelled', 'Cancelled.');
}

/** The error of a call whose host ended: what ended, how, and its last words. */
function crashError(hostName: string, method: string, closed: PortClosed): StudioError {
  const lastWords = closed.lastLines.at(-1);
  return new StudioError(
    'native/crashed',
    `The ${hostName} stopped during "${method}" (${closed.reason})${lastWords === undefined ? '.' : `: ${lastWords}`}`,
    {
      hint: 'Nothing half-written has a final name. Run the same command again; if it stops there again, the last log lines tell where.',
      details: { method, reason: closed.reason, lastLines: closed.lastLines },
    },
  );
}
