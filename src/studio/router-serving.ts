// What the studio serves: one family at a time, opened over the engine host, given to the program's own listener for `/v1`,
// and asked by the window directly. Its state is told to every window that watches.
import type { ServerState } from '#src/contract/studio/router.ts';
import { StudioError, toWireError } from '#src/errors/studio-error.ts';
import type { Family, FamilyHost, OpenFamily } from '#src/serving/family.ts';
import { openFamily } from '#src/serving/open-family.ts';
import type { StudioParts } from './studio-parts.ts';
import type { StudioHandlers } from './studio-platform.ts';

type ServingMethods = 'startServing' | 'stopServing' | 'watchServer' | 'askRouter';

export interface RouterServing {
  readonly handlers: StudioHandlers<ServingMethods>;
  dispose(): Promise<void>;
}

interface Served {
  readonly family: Family;
  readonly listener: Awaited<ReturnType<FamilyHost['serve']>> | undefined;
  readonly stopListening: () => void;
}

const nothing = { loaded: [], requests: { running: 0, waiting: 0, done: 0 } };
const stopped: ServerState = { state: 'stopped', ...nothing };

/** `open` is openFamily, unless a test brings its own. */
export function routerServing(parts: StudioParts, open: OpenFamily = openFamily): RouterServing {
  const { files, hosts, platform, settings } = parts;
  const watchers = new Set<(state: ServerState) => void>();
  let state: ServerState = stopped;
  let served: Served | undefined;
  /** Starting and stopping one after another. */
  let last: Promise<unknown> = Promise.resolve();

  const become = (next: ServerState) => {
    state = next;
    for (const tell of watchers) tell(next);
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const end = async () => {
    const ending = served;
    served = undefined;
    if (ending === undefined) return;
    ending.stopListening();
    await ending.listener?.stop();
    await ending.family.dispose();
  };
  const describe = (family: Family, listener: Served['listener']): ServerState => {
    const { loaded, requests } = family.state();
    return {
      state: 'running',
      manifest: files.reference(family.path),
      sha256: family.sha256,
      ...(listener === undefined ? {} : { address: listener.address, token: listener.token }),
      loaded: loaded.map(({ parent, adapter, ramBytes, vramBytes, contextSize, running }) => ({
        parent,
        ...(adapter === undefined ? {} : { adapter }),
        ramBytes,
        vramBytes,
        contextSize,
        busy: running > 0,
      })),
      requests: { ...requests },
    };
  };
  const start = async (path: string): Promise<ServerState> => {
    const { threads, gpu, memoryBudgetBytes } = settings.current;
    const before = state;
    become({ ...stopped, state: 'starting', manifest: files.reference(path) });
    let family: Family;
    try {
      // A manifest that cannot be served leaves what is served alone.
      family = await open({
        path,
        engine: hosts.engine.call,
        gpu,
        ...(threads === undefined ? {} : { threads }),
        ...(memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes }),
        ...platform.servingOptions,
      });
    } catch (error) {
      become(served === undefined ? { ...stopped, ...failure(error) } : before);
      throw error;
    }
    try {
      await end();
      const listener = await platform.serveFamily?.(family);
      const tell = () => {
        if (served?.family === family) become(describe(family, listener));
      };
      served = { family, listener, stopListening: family.onState(tell) };
      tell();
      // Loading what the policy names takes its time; requests that come meanwhile wait for what they need alone.
      void family.preload().then(tell, () => undefined);
      return state;
    } catch (error) {
      await family.dispose().catch(() => undefined);
      become({ ...stopped, ...failure(error) });
      throw error;
    }
  };

  return {
    dispose: () => inTurn(end),
    handlers: {
      startServing: async ({ file }) => {
        const path = await files.pathOf(file);
        return inTurn(() => start(path));
      },
      stopServing: () =>
        inTurn(async () => {
          await end();
          become(stopped);
          return state;
        }),
      watchServer: (_params, { signal, emit }) =>
        new Promise((resolve) => {
          const tell = (server: ServerState) => emit({ event: 'server', server });
          watchers.add(tell);
          tell(state);
          signal.addEventListener(
            'abort',
            () => {
              watchers.delete(tell);
              resolve(null);
            },
            { once: true },
          );
        }),
      async askRouter({ messages, conversation, route, sampling }, { signal, emit }) {
        if (served === undefined) {
          throw new StudioError('serving/stopped', 'Nothing is served.', {
            hint: 'Save and serve the family first.',
          });
        }
        const { answer, decision } = await served.family.answer(
          {
            model: 'auto',
            input: { messages },
            conversation,
            sampling,
            ...(route === undefined ? {} : { route }),
          },
          {
            signal,
            onDecision: (made) => emit({ event: 'decision', decision: made }),
            onText: (text, tokens) => emit({ event: 'text', text, tokens }),
          },
        );
        return { answer, decision };
      },
    },
  };
}

function failure(error: unknown): Pick<ServerState, 'state' | 'reason'> {
  const { message, hint } = toWireError(error);
  return { state: 'failed', reason: [message, hint].filter(Boolean).join(' ') };
}
