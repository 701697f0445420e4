// The one Llama instance of the engine host. Never built or downloaded here: the platform packages carry the binaries.
import { availableParallelism } from 'node:os';
import { getLlama, LlamaLogLevel, type Llama } from 'node-llama-cpp';
import type { EventSink, StageEvent } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';

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

/** Loads llama.cpp with the best back end of this machine, or for the processor alone. Throws `native/unavailable`. */
export async function loadLlama(useGpu: boolean, emit: EventSink): Promise<Llama> {
  try {
    return await getLlama({
      gpu: useGpu ? 'auto' : false,
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
