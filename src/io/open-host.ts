// A started host and the client of its contract, ended together. Starts at the first call, so that commands that need
// no native code do not pay for a process.
import type { Contract, EventOf, MethodName, ParamsOf, ResultOf } from '#src/contract/contract.ts';
import { createClient, type CallOptions, type Client } from '#src/rpc/client.ts';
import { HostProcess, type HostOptions } from './start-host.ts';

export interface OpenHost<C extends Contract> {
  call<M extends MethodName<C>>(
    method: M,
    params: ParamsOf<C, M>,
    options?: CallOptions<EventOf<C, M>>,
  ): Promise<ResultOf<C, M>>;
  /** The process, when one was started. */
  readonly process: HostProcess | undefined;
  /** Ends the host, if it was started: asks, waits, then kills. */
  dispose(graceMilliseconds?: number): Promise<void>;
}

/** Prepares a host; a host that ended (crashed) is started anew by the next call. */
export function openHost<C extends Contract>(contract: C, options: HostOptions): OpenHost<C> {
  let current: { process: HostProcess; client: Client<C> } | undefined;
  const start = () => {
    const process = HostProcess.start(options);
    const started = {
      process,
      client: createClient(contract, process.port, `${options.name} host`),
    };
    void process.exited.then(() => {
      if (current === started) current = undefined;
    });
    return started;
  };
  return {
    call(method, params, callOptions) {
      current ??= start();
      return current.client.call(method, params, callOptions);
    },
    get process() {
      return current?.process;
    },
    async dispose(graceMilliseconds) {
      await current?.process.stop(graceMilliseconds);
    },
  };
}
