// The hosts as the studio runs them: started by their first call, watched, and started anew after a crash. What they do is
// told to every window. Builds have a factory of their own: a file that brings down the one that looks at files, or plans,
// ends no build; and so has the Doctor, which loads damaged files.
import { engineContract, type EngineContract } from '#src/contract/engine.contract.ts';
import { factoryContract, type FactoryContract } from '#src/contract/factory.contract.ts';
import type { Contract } from '#src/contract/contract.ts';
import type { HostState } from '#src/contract/studio/state.ts';
import { openHost, type OpenHost } from '#src/io/open-host.ts';
import type { HostProcess } from '#src/io/start-host.ts';

export interface WatchedHost<C extends Contract> {
  readonly call: OpenHost<C>['call'];
  readonly state: HostState;
  readonly process: HostProcess | undefined;
  dispose(): Promise<void>;
}

export interface StudioHosts {
  /** Looks at files, lists and plans. */
  readonly factory: WatchedHost<FactoryContract>;
  readonly builder: WatchedHost<FactoryContract>;
  /** Looks at damaged files: one of them may bring it down, which is a finding and no failure of the studio. */
  readonly examiner: WatchedHost<FactoryContract>;
  readonly engine: WatchedHost<EngineContract>;
  states(): readonly HostState[];
  dispose(): Promise<void>;
}

/** Prepares the hosts; `onState` hears of every change. Windows see the two factories as one. */
export function openStudioHosts(
  environment: Readonly<Record<string, string>>,
  onState: (state: HostState) => void,
): StudioHosts {
  const tellFactory = () => onState(joined(factory.state, builder.state));
  const factory = watchHost('factory', factoryContract, environment, tellFactory);
  const builder = watchHost('factory', factoryContract, environment, tellFactory);
  const examiner = watchHost('factory', factoryContract, environment, () => undefined);
  const engine = watchHost('engine', engineContract, environment, onState);
  return {
    factory,
    builder,
    examiner,
    engine,
    states: () => [joined(factory.state, builder.state), engine.state],
    async dispose() {
      await Promise.all([
        factory.dispose(),
        builder.dispose(),
        examiner.dispose(),
        engine.dispose(),
      ]);
    },
  };
}

const byWeight: readonly HostState['state'][] = ['crashed', 'running', 'starting', 'idle'];

/** What is most worth knowing of two processes. */
function joined(one: HostState, other: HostState): HostState {
  return byWeight.indexOf(other.state) < byWeight.indexOf(one.state) ? other : one;
}

function watchHost<C extends Contract>(
  name: HostState['name'],
  contract: C,
  environment: Readonly<Record<string, string>>,
  onState: (state: HostState) => void,
): WatchedHost<C> {
  const host = openHost(contract, { name, environment });
  let state: HostState = { name, state: 'idle' };
  let watched: HostProcess | undefined;
  const become = (next: HostState) => {
    state = next;
    onState(next);
  };
  const watchProcess = (process: HostProcess) => {
    watched = process;
    let saidDone = false;
    become({ name, state: 'starting' });
    process.port.onMessage((message) => {
      const type = typeOf(message);
      if (type === 'done') saidDone = true;
      if (state.state === 'starting' && watched === process) become({ name, state: 'running' });
    });
    void process.exited.then(({ reason, lastLines }) => {
      if (watched !== process) return;
      watched = undefined;
      if (saidDone) return become({ name, state: 'idle' });
      const words = lastLines.slice(-8).join('\n');
      become({ name, state: 'crashed', reason: words === '' ? reason : `${reason}\n${words}` });
    });
  };
  return {
    call(method, params, options) {
      const result = host.call(method, params, options);
      const { process } = host;
      if (process !== undefined && process !== watched) watchProcess(process);
      return result;
    },
    get state() {
      return state;
    },
    get process() {
      return host.process;
    },
    dispose: () => host.dispose(),
  };
}

function typeOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'type' in message
    ? message.type
    : undefined;
}
