// Chat columns: forwarded to the engine host with real paths, adapters that it can apply, and the settings' defaults. When
// the engine dies, its columns are told as failed, and the next prompt loads them again.
import type { ColumnState } from '#src/contract/column.ts';
import type { EventOf, ParamsOf } from '#src/contract/contract.ts';
import type { EngineContract } from '#src/contract/engine.contract.ts';
import type { HostState } from '#src/contract/studio/state.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { runtimeAdapters } from './runtime-adapters.ts';
import type { StudioHandlers } from './studio-platform.ts';
import type { StudioParts } from './studio-parts.ts';

type ChatMethods = 'loadColumn' | 'generate' | 'findFirstDifference' | 'unloadColumn';
type LoadRequest = ParamsOf<EngineContract, 'loadColumn'>;
type AdapterChoices = NonNullable<LoadRequest['adapters']>;
type LoadEvent = EventOf<EngineContract, 'loadColumn'>;
type EmitLoad = (
  event:
    { event: 'progress'; done: number; total: number } | { event: 'state'; state: ColumnState },
) => void;

export interface ChatPart {
  readonly handlers: StudioHandlers<ChatMethods>;
  /** The last states of the columns that are open, for a window that comes later. */
  columns(): readonly ColumnState[];
  /** Hears of the engine's end. */
  engineChanged(state: HostState): void;
}

interface OpenColumn {
  /** Adapters as the user chose them, PEFT folders included. */
  readonly request: LoadRequest;
  /** False after the engine that held it has ended. */
  isLoaded: boolean;
}

export function chatPart(parts: StudioParts): ChatPart {
  const { files, hosts, settings, watchers } = parts;
  const open = new Map<string, OpenColumn>();
  const states = new Map<string, ColumnState>();
  const adaptersOf = runtimeAdapters(parts);

  const tell = (state: ColumnState) => {
    if (state.state === 'unloaded' && !open.has(state.column)) states.delete(state.column);
    else states.set(state.column, state);
    watchers.send({ event: 'column', column: state });
  };
  const load = async (request: LoadRequest, signal: AbortSignal, emit: EmitLoad) => {
    const { column } = request;
    const onEvent = (event: LoadEvent) => {
      if (event.event === 'state') {
        tell(event.state);
        emit(event);
      } else if (event.event === 'progress') {
        emit({ event: 'progress', done: event.done, total: event.total });
      }
    };
    const opened = { request, isLoaded: false };
    open.set(column, opened);
    try {
      const chosen = await applicable(request, signal, (state) => {
        if (open.get(column) === opened) onEvent({ event: 'state', state });
      });
      // Converting takes moments, in which another model was chosen or the column was closed.
      if (open.get(column) !== opened) throw superseded(column);
      const engineRequest = { ...request, adapters: chosen };
      const loaded = await hosts.engine.call('loadColumn', engineRequest, { signal, onEvent });
      opened.isLoaded = true;
      return { ...loaded, adapters: namesOf(request, loaded.adapters) };
    } catch (error) {
      if (open.get(column) !== opened) throw error;
      if (signal.aborted) tell({ column, state: 'unloaded' });
      else tell({ column, state: 'failed', reason: reasonOf(error) });
      throw error;
    }
  };
  /** The adapters of a request as the engine takes them; what has to be converted for that is said. */
  const applicable = async (
    { column, path, adapters = [] }: LoadRequest,
    signal: AbortSignal,
    tellState: (state: ColumnState) => void,
  ): Promise<AdapterChoices> => {
    const chosen: AdapterChoices = [];
    for (const adapter of adapters) {
      if ('bundled' in adapter) {
        chosen.push(adapter);
        continue;
      }
      const usable = await adaptersOf.pathFor(adapter.path, path, signal, (reason) =>
        tellState({ column, state: 'loading', reason }),
      );
      chosen.push({ path: usable, scale: adapter.scale });
    }
    return chosen;
  };
  /** Loads a column again that went with its engine. */
  const revive = async (column: string, signal: AbortSignal, emit: EmitLoad) => {
    const known = open.get(column);
    if (known === undefined || known.isLoaded) return;
    await load(known.request, signal, emit);
  };

  return {
    columns: () => [...states.values()],
    engineChanged({ state, reason }) {
      if (state !== 'crashed' && state !== 'idle') return;
      const first = reason?.split('\n')[0] ?? 'it ended';
      for (const [column, opened] of open) {
        if (!opened.isLoaded) continue;
        opened.isLoaded = false;
        tell(
          state === 'idle'
            ? { column, state: 'unloaded' }
            : {
                column,
                state: 'failed',
                reason: `The engine stopped (${first}). The next prompt loads the model again.`,
              },
        );
      }
    },
    handlers: {
      async loadColumn({ column, file, adapters, ...options }, { signal, emit }) {
        const path = await files.pathOf(file);
        const choices: AdapterChoices = [];
        for (const adapter of adapters) {
          if ('bundled' in adapter) choices.push(adapter);
          else choices.push({ path: await files.pathOf(adapter.file), scale: adapter.scale });
        }
        return load({ column, path, adapters: choices, ...withDefaults(options) }, signal, emit);
      },
      async generate({ column, messages, sampling }, { signal, emit }) {
        await revive(column, signal, (event) => {
          if (event.event === 'state') emit(event);
        });
        try {
          return await hosts.engine.call(
            'generate',
            { column, messages, sampling },
            {
              signal,
              onEvent(event) {
                if (event.event === 'state') tell(event.state);
                emit(event);
              },
            },
          );
        } catch (error) {
          throw brokenOff(error);
        }
      },
      async findFirstDifference({ columns }, { signal }) {
        const lost = columns.find((column) => open.get(column)?.isLoaded === false);
        if (lost === undefined)
          return hosts.engine.call('findFirstDifference', { columns }, { signal });
        return {
          position: null,
          characters: 0,
          sides: [],
          reason: 'The engine was started anew since these answers; ask again to compare.',
        };
      },
      async unloadColumn({ column }, { signal }) {
        const known = open.get(column);
        open.delete(column);
        const { state } = hosts.engine.state;
        // Nothing is loaded in an engine that does not run: no reason to start one.
        if (known !== undefined && (state === 'running' || state === 'starting')) {
          await hosts.engine.call('unloadColumn', { column }, { signal });
        }
        tell({ column, state: 'unloaded' });
        return null;
      },
    },
  };

  function withDefaults<
    Options extends Pick<LoadRequest, 'threads' | 'gpu' | 'gpuLayers' | 'memoryBudgetBytes'>,
  >(options: Options): Options {
    const { threads, gpu, gpuLayers, memoryBudgetBytes } = settings.current;
    return {
      ...(threads === undefined ? {} : { threads }),
      ...(memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes }),
      ...options,
      // What the window leaves to the studio is `auto`.
      gpu: options.gpu === undefined || options.gpu === 'auto' ? gpu : options.gpu,
      gpuLayers:
        options.gpuLayers === undefined || options.gpuLayers === 'auto'
          ? gpuLayers
          : options.gpuLayers,
    };
  }
}

/** What the user chose, not the file that was made of it. */
function namesOf({ adapters = [] }: LoadRequest, names: readonly string[]): string[] {
  return names.map((name, index) => {
    const adapter = adapters[index];
    return adapter !== undefined && 'path' in adapter ? adapter.path : name;
  });
}

function superseded(column: string): StudioError {
  return new StudioError('cancelled', `Column ${column} was changed while it was loaded.`);
}

/** The engine's end in mid-answer, as people should read it. */
function brokenOff(error: unknown): unknown {
  if (!(error instanceof StudioError) || error.code !== 'native/crashed') return error;
  return new StudioError('native/crashed', `The answer broke off: ${error.message}`, {
    hint: 'What had come is kept. Send the prompt again: the model is loaded anew. If it stops there again, choose fewer GPU layers or a smaller context.',
    details: error.details,
    cause: error,
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof StudioError)) return error instanceof Error ? error.message : 'It failed.';
  return [error.message, error.hint].filter(Boolean).join(' ');
}
