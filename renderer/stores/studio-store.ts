// Mirror of what `watch` tells: the studio's state, jobs, hosts and meters. Read everywhere, written here alone.
import { create } from 'zustand';
import type { ColumnState } from '#src/contract/column.ts';
import type { Job } from '#src/contract/jobs.ts';
import type { HostState, Meter, StudioState, WatchEvent } from '#src/contract/studio/state.ts';
import type { StudioClient } from '../studio-client.ts';

export interface StudioStore {
  /** Set once, before the first screen is drawn. */
  readonly client: StudioClient | undefined;
  readonly state: StudioState | undefined;
  /** Newest first. */
  readonly jobs: readonly Job[];
  readonly hosts: Readonly<Record<HostState['name'], HostState>>;
  readonly meter: Meter | undefined;
  readonly columns: Readonly<Record<string, ColumnState>>;
  /** Raised by every `library-changed`. */
  readonly libraryVersion: number;
  /** Raised by every `runs-changed`. */
  readonly runsVersion: number;
  /** Why the studio is gone. */
  readonly lost: string | undefined;
}

export const useStudio = create<StudioStore>(() => ({
  client: undefined,
  state: undefined,
  jobs: [],
  hosts: {
    factory: { name: 'factory', state: 'idle' },
    engine: { name: 'engine', state: 'idle' },
  },
  meter: undefined,
  columns: {},
  libraryVersion: 0,
  runsVersion: 0,
  lost: undefined,
}));

/** The client; only for code that runs after the start. */
export function studio(): StudioClient {
  const { client } = useStudio.getState();
  if (client === undefined) throw new Error('The studio is not connected yet.');
  return client;
}

/** What one event changes. Pure, so that it can be tested without a window. */
export function applyWatchEvent(store: StudioStore, event: WatchEvent): Partial<StudioStore> {
  switch (event.event) {
    case 'state':
      return { state: event.state };
    case 'jobs':
      return { jobs: event.jobs };
    case 'job':
      return {
        jobs: store.jobs.some(({ id }) => id === event.job.id)
          ? store.jobs.map((job) => (job.id === event.job.id ? event.job : job))
          : [event.job, ...store.jobs],
      };
    case 'job-removed':
      return { jobs: store.jobs.filter(({ id }) => id !== event.job) };
    case 'host':
      return { hosts: { ...store.hosts, [event.host.name]: event.host } };
    case 'meter':
      return { meter: event.meter };
    case 'column':
      return { columns: { ...store.columns, [event.column.column]: event.column } };
    case 'library-changed':
      return { libraryVersion: store.libraryVersion + 1 };
    case 'runs-changed':
      return { runsVersion: store.runsVersion + 1 };
    case 'recipe-changed':
    case 'manifest-changed':
    case 'open-recipe':
    case 'menu':
      return {};
  }
}

type Listener = (event: WatchEvent) => void;
const listeners = new Set<Listener>();

/** Events that are moments, not state (menu commands, a recipe changed on the disk). Returns how to stop listening. */
export function onWatchEvent(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Connects the store; resolves when the first state is there. */
export async function startStudioStore(client: StudioClient): Promise<void> {
  useStudio.setState({ client });
  void client.closed.then(({ reason }) => useStudio.setState({ lost: reason }));
  await new Promise<void>((resolve, reject) => {
    client
      .call(
        'watch',
        {},
        {
          onEvent(event) {
            useStudio.setState((store) => applyWatchEvent(store, event));
            for (const listener of listeners) listener(event);
            if (event.event === 'state') resolve();
          },
        },
      )
      .catch(reject);
  });
}
