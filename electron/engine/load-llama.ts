// The Llama instances of the engine host, one per back end that was asked for. Never built or downloaded here: the platform
// packages carry the binaries.
import { availableParallelism } from 'node:os';
import { getLlama, LlamaLogLevel, type Llama } from 'node-llama-cpp';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';

/** `auto` is the best that the machine has, `off` the processor alone. */
export type GpuChoice = 'auto' | 'cuda' | 'vulkan' | 'metal' | 'off';

/** The events that loading reports, a part of every method's. */
export type EngineSink = (event: Extract<StageEvent, { event: 'log' | 'notice' }>) => void;

const logLevels: Partial<Record<LlamaLogLevel, Extract<StageEvent, { event: 'log' }>['level']>> = {
  [LlamaLogLevel.fatal]: 'error',
  [LlamaLogLevel.error]: 'error',
  [LlamaLogLevel.warn]: 'warning',
  [LlamaLogLevel.info]: 'info',
  [LlamaLogLevel.log]: 'info',
  [LlamaLogLevel.debug]: 'debug',
};

/** The last errors and warnings of llama.cpp's log, oldest first: its exceptions do not carry the reason. */
const problems: string[] = [];
const keptProblems = 6;

/** Forgets what was logged; call it before a step whose reason may be asked for. */
export function forgetProblems(): void {
  problems.length = 0;
}

/** What llama.cpp logged as wrong since then, as one text; empty when nothing. */
export function loggedProblems(): string {
  return problems.join('; ');
}

function remember(text: string): void {
  const line = text.trim().replace(/^[a-z_]+(?:::[a-z_]+)*: /, '');
  if (line === '') return;
  problems.push(line);
  if (problems.length > keptProblems) problems.shift();
}

export interface LlamaSource {
  /** The instance for a back end; falls back to what the machine has, with a notice. Throws `native/unavailable`. */
  get(gpu: GpuChoice, emit: EngineSink): Promise<Llama>;
  /** The instances that are loaded. */
  loaded(): Promise<readonly Llama[]>;
  dispose(): Promise<void>;
}

export function createLlamaSource(): LlamaSource {
  const instances = new Map<GpuChoice, Promise<Llama>>();
  const get: LlamaSource['get'] = async (gpu, emit) => {
    // The processor needs no instance of its own: every back end computes on it when no layer is on a GPU.
    if (gpu === 'off') {
      const any = instances.values().next().value;
      if (any !== undefined) return any;
    }
    let instance = instances.get(gpu);
    if (instance === undefined) {
      instance = start(gpu, emit);
      instances.set(gpu, instance);
      instance.catch(() => instances.delete(gpu));
    }
    return instance;
  };
  const start = async (gpu: GpuChoice, emit: EngineSink): Promise<Llama> => {
    try {
      return await openLlama(gpu, emit);
    } catch (error) {
      if (gpu === 'auto' || gpu === 'off') throw error;
      const message = `The ${gpu} back end cannot be used here; the best of this machine is used instead.`;
      emit({ event: 'notice', level: 'warning', message });
      return get('auto', emit);
    }
  };
  return {
    get,
    loaded: async () => [...new Set(await Promise.all(instances.values()))],
    async dispose() {
      const opened = await Promise.allSettled(instances.values());
      instances.clear();
      for (const result of opened) if (result.status === 'fulfilled') await result.value.dispose();
    },
  };
}

async function openLlama(gpu: GpuChoice, emit: EngineSink): Promise<Llama> {
  try {
    return await getLlama({
      gpu: gpu === 'off' ? false : gpu,
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      // Its default is at least 4 threads, which spin against each other on smaller machines.
      maxThreads: availableParallelism(),
      logLevel: LlamaLogLevel.warn,
      logger: (level, text) => {
        const name = logLevels[level] ?? 'info';
        if (name === 'error') remember(text);
        emit({ event: 'log', level: name, text });
      },
    });
  } catch (error) {
    throw new StudioError(
      'native/unavailable',
      `llama.cpp cannot be loaded: ${error instanceof Error ? error.message : 'unknown reason'}.`,
      {
        hint: 'Run npm install in the folder of GGUF Studio; "gguf-studio env" tells more.',
        cause: error,
      },
    );
  }
}
