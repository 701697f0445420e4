// Seedling as files that the engine loads, made by the built command line; and an engine host to ask.
import { engineContract, type EngineContract } from '#src/contract/engine.contract.ts';
import type { Answer, ChatMessage } from '#src/contract/column.ts';
import type { EventOf, ParamsOf, ResultOf } from '#src/contract/contract.ts';
import { openHost, type OpenHost } from '#src/io/open-host.ts';
import { seedlingFolder, type StudioFolder } from './run-studio.ts';

export const levels = ['Q8_0', 'Q4_K_M', 'Q2_K'] as const;

/** Writes `seedling-4m-LEVEL.gguf` for each level, `gpt2.gguf`, and the adapters `conditions.gguf` and `conditions-gpt2.gguf`. */
export async function makeSeedlingModels(folder: StudioFolder): Promise<void> {
  const base = `${seedlingFolder}/seedling-4m`;
  const gpt2 = `${seedlingFolder}/seedling-gpt2-4m`;
  const adapter = (source: string, of: string, outfile: string) =>
    ['convert-lora', `${seedlingFolder}/${source}/conditions`, '--base', of, '--outfile', outfile] as const; // prettier-ignore
  const commands = [
    ['quantize', base, '--outdir', '.', '--levels', levels.join(',')],
    ['quantize', gpt2, 'gpt2.gguf', 'Q8_0'],
    adapter('adapters', base, 'conditions.gguf'),
    adapter('adapters-gpt2', gpt2, 'conditions-gpt2.gguf'),
  ];
  for (const words of commands) await run(folder, words);
}

async function run(folder: StudioFolder, words: readonly string[]): Promise<void> {
  const { code, stderr } = await folder.run(...words);
  if (code !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
}

type Event = EventOf<EngineContract, 'generate'> | EventOf<EngineContract, 'loadColumn'>;

export interface EngineUnderTest {
  readonly host: OpenHost<EngineContract>;
  load(
    column: string,
    file: string,
    options?: Omit<ParamsOf<EngineContract, 'loadColumn'>, 'column' | 'path'>,
    onEvent?: (event: Event) => void,
  ): Promise<ResultOf<EngineContract, 'loadColumn'>>;
  ask(
    column: string,
    messages: string | readonly ChatMessage[],
    sampling?: ParamsOf<EngineContract, 'generate'>['sampling'],
    options?: { signal?: AbortSignal; onEvent?: (event: Event) => void },
  ): Promise<Answer>;
}

/** An engine host; `ask` takes the likeliest tokens unless told otherwise. */
export function startEngine(folder: StudioFolder): EngineUnderTest {
  const host = openHost(engineContract, {
    name: 'engine',
    environment: { GGUF_STUDIO_HOME: folder.path('home') },
  });
  return {
    host,
    load: (column, file, options = {}, onEvent) =>
      host.call(
        'loadColumn',
        { column, path: folder.path(file), ...options },
        onEvent === undefined ? {} : { onEvent },
      ),
    ask: (column, messages, sampling = {}, options = {}) =>
      host.call(
        'generate',
        {
          column,
          messages:
            typeof messages === 'string' ? [{ role: 'user', text: messages }] : [...messages],
          sampling: { temperature: 0, ...sampling },
        },
        options,
      ),
  };
}
