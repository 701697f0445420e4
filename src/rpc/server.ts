// The answering side of a contract: checks every message, runs handlers, streams their events, turns what they throw
// into wire errors. Knows nothing of processes; a host gives it a port.
import { StudioError, toWireError } from '#src/errors/studio-error.ts';
import type {
  Contract,
  EventOf,
  MethodName,
  ParsedParamsOf,
  ResultOf,
} from '#src/contract/contract.ts';
import {
  clientMessageSchema,
  parseMessage,
  protocolVersion,
  type ServerMessage,
} from './messages.ts';
import type { Port } from './port.ts';
import { thinEvents } from './thin-events.ts';

export interface CallContext<Event> {
  /** Aborted by `cancel`, `stop` and when the caller is gone. */
  readonly signal: AbortSignal;
  readonly emit: (event: Event) => void;
  /** Whom the call came from: the same for all calls of one caller, aborted when it is gone. None where nothing is between. */
  readonly connection?: AbortSignal;
}

export type Handlers<C extends Contract> = {
  readonly [M in MethodName<C>]: (
    params: ParsedParamsOf<C, M>,
    context: CallContext<EventOf<C, M>>,
  ) => Promise<ResultOf<C, M>>;
};

export interface ServeOptions {
  /** Milliseconds between two progress events of one call. */
  readonly progressInterval?: number;
  /** Calls that may run at once; more are refused. Without it there is no limit. */
  readonly mostRunning?: number;
  /** After `stop`, or when the caller is gone, and all calls have ended. */
  readonly onStopped?: () => void;
}

type AnyHandler = (params: unknown, context: CallContext<unknown>) => Promise<unknown>;

/** Answers calls on `port` until the other side is gone or asks to stop. */
export function serve<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  port: Port,
  options: ServeOptions = {},
): void {
  const { mostRunning = Infinity } = options;
  const running = new Map<number, { controller: AbortController; ended: Promise<void> }>();
  const connection = new AbortController();
  const send = (message: ServerMessage) => port.send(message);

  const run = async (id: number, method: string, params: unknown, signal: AbortSignal) => {
    const emit = thinEvents<unknown>((event) => send({ type: 'event', id, event }), {
      ...(options.progressInterval === undefined ? {} : { interval: options.progressInterval }),
    });
    try {
      const { handler, parsed } = resolveCall(contract, handlers, method, params);
      const result = await handler(parsed, { signal, emit, connection: connection.signal });
      emit.flush();
      send({ type: 'result', id, result });
    } catch (error) {
      emit.flush();
      send({ type: 'error', id, error: toWireError(error) });
    }
  };

  let stopping = false;
  const stop = async (reason: StudioError) => {
    if (stopping) return;
    stopping = true;
    for (const { controller } of running.values()) controller.abort(reason);
    await Promise.all([...running.values()].map(({ ended }) => ended));
    send({ type: 'done' });
    options.onStopped?.();
  };

  port.onMessage((received) => {
    let message;
    try {
      message = parseMessage(clientMessageSchema, received, 'A request');
    } catch {
      return; // No id to answer to; a well-formed client never sends it.
    }
    if (message.type === 'stop') return void stop(cancelledError());
    if (message.type === 'cancel') {
      return running.get(message.id)?.controller.abort(cancelledError());
    }
    const { id, method, params } = message;
    if (stopping || running.has(id) || running.size >= mostRunning) {
      const reason = stopping
        ? 'the host is stopping'
        : running.has(id)
          ? `call ${id} is already running`
          : `${mostRunning} calls are running already`;
      const error = new StudioError('contract/invalid', `${method} was refused: ${reason}.`);
      return send({ type: 'error', id, error: toWireError(error) });
    }
    const controller = new AbortController();
    const ended = run(id, method, params, controller.signal).finally(() => running.delete(id));
    running.set(id, { controller, ended });
  });
  port.onClose(() => {
    connection.abort(callerGoneError());
    void stop(callerGoneError());
  });
  send({ type: 'ready', protocol: protocolVersion });
}

function resolveCall<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  method: string,
  params: unknown,
): { handler: AnyHandler; parsed: unknown } {
  const schemas = Object.hasOwn(contract, method) ? contract[method] : undefined;
  if (schemas === undefined) {
    throw new StudioError('contract/invalid', `There is no method "${method}".`);
  }
  return {
    handler: handlers[method as MethodName<C>] as AnyHandler,
    parsed: parseMessage(schemas.params, params, `Parameters of "${method}"`),
  };
}

/** The reason that every cancelled call ends with. */
export function cancelledError(): StudioError {
  return new StudioError('cancelled', 'Cancelled.');
}

/** Nobody decided to cancel: the caller was killed. What is half done should be gone on with. */
function callerGoneError(): StudioError {
  return new StudioError('cancelled', 'The caller is gone.', { details: { callerGone: true } });
}
