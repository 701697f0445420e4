// A studio over a temporary home, reached through its contract over a pair of ports in memory, as a window reaches it.
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { studioContract, type StudioContract } from '#src/contract/studio.contract.ts';
import type { StudioState, WatchEvent } from '#src/contract/studio/state.ts';
import { createClient, type Client } from '#src/rpc/client.ts';
import { createMemoryPortPair, type MemoryPort } from '#src/rpc/memory-port.ts';
import { serve } from '#src/rpc/server.ts';
import { openStudio } from '#src/studio/open-studio.ts';
import type { Studio, StudioPlatform } from '#src/studio/studio-platform.ts';

export interface TestWindow {
  readonly client: Client<StudioContract>;
  readonly call: Client<StudioContract>['call'];
  /** The window's end of the connection; `close` is what a dying window does. */
  readonly port: MemoryPort;
}

export interface TestStudio extends TestWindow {
  readonly studio: Studio;
  readonly home: string;
  readonly workspace: string;
  openWindow(): TestWindow;
  dispose(): Promise<void>;
}

/** A temporary folder without links in its path, so that paths compare. */
export async function temporaryFolder(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'gguf-studio-test-')));
}

export async function openTestStudio(
  options: { home?: string; workspaceFolder?: string; platform?: StudioPlatform } = {},
): Promise<TestStudio> {
  const home = options.home ?? (await temporaryFolder());
  const studio = await openStudio({
    platform: options.platform ?? { mode: 'browser' },
    workspaceFolder: options.workspaceFolder,
    environment: { GGUF_STUDIO_HOME: home },
  });
  const openWindow = (): TestWindow => {
    const [here, there] = createMemoryPortPair();
    serve(studioContract, studio.handlers, there);
    const client = createClient(studioContract, here, 'studio');
    return {
      client,
      call: (method, params, callOptions) => client.call(method, params, callOptions),
      port: here,
    };
  };
  const window = openWindow();
  const state = await firstState(window);
  return {
    ...window,
    studio,
    home,
    workspace: state.workspace.folder.path,
    openWindow,
    async dispose() {
      await studio.dispose();
      if (options.home === undefined) await rm(home, { recursive: true, force: true });
    },
  };
}

export interface Watching {
  readonly events: WatchEvent[];
  /** The first event that fits, of those that came already or come within `seconds`. */
  until<Found extends WatchEvent>(
    fits: (event: WatchEvent) => event is Found,
    seconds?: number,
  ): Promise<Found>;
  until(fits: (event: WatchEvent) => boolean, seconds?: number): Promise<WatchEvent>;
  stop(): Promise<void>;
}

/** Watches as a window does. */
export function startWatching(window: TestWindow): Watching {
  const events: WatchEvent[] = [];
  const listeners = new Set<(event: WatchEvent) => void>();
  const stop = new AbortController();
  const ended = window.call(
    'watch',
    {},
    {
      signal: stop.signal,
      onEvent(event) {
        events.push(event);
        for (const listener of listeners) listener(event);
      },
    },
  );
  return {
    events,
    until: (fits: (event: WatchEvent) => boolean, seconds = 120) =>
      new Promise<never>((resolve, reject) => {
        const found = events.find(fits);
        if (found !== undefined) return resolve(found as never);
        const timer = setTimeout(() => {
          listeners.delete(look);
          reject(
            new Error(
              `No such event within ${seconds} s; last: ${JSON.stringify(events.slice(-3)).slice(0, 2000)}`,
            ),
          );
        }, seconds * 1000);
        const look = (event: WatchEvent) => {
          if (!fits(event)) return;
          clearTimeout(timer);
          listeners.delete(look);
          resolve(event as never);
        };
        listeners.add(look);
      }),
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

export async function firstState(window: TestWindow): Promise<StudioState> {
  const watching = startWatching(window);
  const { state } = await watching.until((event) => event.event === 'state');
  await watching.stop();
  return state;
}
