// The hosts as commands see them: one function per host, events shown and cancel wired in.
import { factoryContract, type FactoryContract } from '#src/contract/factory.contract.ts';
import type { MethodName, ParamsOf, ResultOf } from '#src/contract/contract.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { openHost } from '#src/io/open-host.ts';

export type FactoryClient = <M extends MethodName<FactoryContract>>(
  method: M,
  params: ParamsOf<FactoryContract, M>,
) => Promise<ResultOf<FactoryContract, M>>;

export interface Hosts {
  readonly factory: FactoryClient;
  /** Ends hosts that do not answer a cancel. */
  kill(): void;
  dispose(): Promise<void>;
}

/** Prepares the hosts; none is started before its first call. `show` gets the events of every call. */
export function openHosts(signal: AbortSignal, show: (event: StageEvent) => void): Hosts {
  const factory = openHost(factoryContract, {
    name: 'factory',
    onLogLine: (text) => show({ event: 'log', level: 'debug', text }),
  });
  return {
    factory: (method, params) => factory.call(method, params, { signal, onEvent: show }),
    kill: () => factory.process?.kill(),
    dispose: () => factory.dispose(),
  };
}
