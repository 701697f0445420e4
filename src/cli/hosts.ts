// The hosts as commands see them: one function per host, events shown and cancel wired in.
import { engineContract, type EngineContract } from '#src/contract/engine.contract.ts';
import { factoryContract, type FactoryContract } from '#src/contract/factory.contract.ts';
import type { EventOf, MethodName, ParamsOf, ResultOf } from '#src/contract/contract.ts';
import type { LibraryItem } from '#src/contract/library.ts';
import type { FoundEvent } from '#src/contract/doctor/diagnosis.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { openHost } from '#src/io/open-host.ts';

export interface FactoryCallOptions {
  /** Gets what a scan finds, as it is found. */
  readonly onItem?: (item: LibraryItem) => void;
  /** Gets the checks and findings of a diagnosis, as they are made. */
  readonly onFound?: (event: FoundEvent) => void;
  /** Gets the events too, beside whoever shows them. */
  readonly onEvent?: (event: StageEvent) => void;
  /** Cancels this call instead of the command's own signal. */
  readonly signal?: AbortSignal;
}

export type FactoryClient = <M extends MethodName<FactoryContract>>(
  method: M,
  params: ParamsOf<FactoryContract, M>,
  options?: FactoryCallOptions,
) => Promise<ResultOf<FactoryContract, M>>;

export interface EngineCallOptions {
  /** Gets the pieces of an answer. */
  readonly onText?: (text: string) => void;
  /** Cancels this call alone. */
  readonly signal?: AbortSignal;
}

export type EngineClient = <M extends MethodName<EngineContract>>(
  method: M,
  params: ParamsOf<EngineContract, M>,
  options?: EngineCallOptions,
) => Promise<ResultOf<EngineContract, M>>;

export interface Hosts {
  readonly factory: FactoryClient;
  readonly engine: EngineClient;
  /** Ends hosts that do not answer a cancel. */
  kill(): void;
  dispose(): Promise<void>;
}

/**
 * Prepares the hosts; none is started before its first call. `show` gets the events of every call, the factory gets
 * `environment` too.
 */
export function openHosts(
  signal: AbortSignal,
  show: (event: StageEvent) => void,
  environment: Readonly<Record<string, string>> = {},
): Hosts {
  const onLogLine = (text: string) => show({ event: 'log', level: 'debug', text });
  const factory = openHost(factoryContract, { name: 'factory', onLogLine, environment });
  const engine = openHost(engineContract, { name: 'engine', onLogLine });
  return {
    factory: (method, params, options = {}) =>
      factory.call(method, params, {
        signal: options.signal ?? signal,
        onEvent: (event: EventOf<FactoryContract, MethodName<FactoryContract>>) => {
          if (event.event === 'item') return options.onItem?.(event.item);
          if (event.event === 'check' || event.event === 'finding') return options.onFound?.(event);
          show(event);
          options.onEvent?.(event);
        },
      }),
    engine: (method, params, options = {}) =>
      engine.call(method, params, {
        signal: options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]),
        onEvent: (event: EventOf<EngineContract, MethodName<EngineContract>>) => {
          if (event.event === 'text') options.onText?.(event.text);
          else if (event.event !== 'state') show(event);
        },
      }),
    kill() {
      factory.process?.kill();
      engine.process?.kill();
    },
    async dispose() {
      await Promise.all([factory.dispose(), engine.dispose()]);
    },
  };
}
