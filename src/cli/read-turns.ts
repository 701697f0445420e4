// The conversation of `chat`: lines from the terminal or from a pipe, and the few commands that begin with a slash.
import { createInterface } from 'node:readline';
import { isAbort, StudioError } from '#src/errors/studio-error.ts';
import type { CommandContext } from './command.ts';

export interface TurnActions {
  readonly context: CommandContext;
  readonly answer: (prompt: string, signal: AbortSignal) => Promise<void>;
  readonly setAdapters: (names: readonly string[]) => Promise<void>;
  readonly reset: () => Promise<void>;
}

const help =
  '/adapter NAME or none, /adapters, /reset, /exit. Ctrl+C stops an answer, twice ends.\n';

/** Reads until the input ends, /exit, or Ctrl+C outside an answer. */
export async function readTurns(
  opened: { readonly bundledAdapters: readonly string[]; readonly adapters: readonly string[] },
  actions: TurnActions,
): Promise<void> {
  const { context } = actions;
  const isTerminal = process.stdin.isTTY === true;
  const lines = createInterface({
    input: process.stdin,
    ...(isTerminal ? { output: process.stderr, prompt: '> ' } : {}),
  });
  let answering: AbortController | undefined;
  // With a terminal, readline takes Ctrl+C before it becomes a signal.
  lines.on('SIGINT', () => {
    if (answering === undefined) lines.close();
    else answering.abort(new StudioError('cancelled', 'Stopped.'));
  });
  context.signal.addEventListener('abort', () => lines.close());
  if (isTerminal && !context.quiet) context.print(help);
  try {
    if (isTerminal) lines.prompt();
    for await (const line of lines) {
      const text = line.trim();
      if (text === '/exit' || text === '/quit') break;
      if (text.startsWith('/')) await runSlash(text, opened.bundledAdapters, actions);
      else if (text !== '') {
        answering = new AbortController();
        try {
          await actions.answer(text, answering.signal);
        } catch (error) {
          // Ctrl+C during an answer ends the answer, not the conversation.
          if (!isAbort(error) || context.signal.aborted) throw error;
          context.print('\n');
        } finally {
          answering = undefined;
        }
      }
      if (isTerminal) lines.prompt();
    }
  } finally {
    lines.close();
  }
  context.signal.throwIfAborted();
}

async function runSlash(
  text: string,
  bundled: readonly string[],
  { context, setAdapters, reset }: TurnActions,
): Promise<void> {
  const [command, ...names] = text.split(/\s+/);
  try {
    switch (command) {
      case '/adapter':
        await setAdapters(names.filter((name) => name !== 'none'));
        return context.print(
          `Adapters: ${names.join(', ') || 'none'}; the history is forgotten.\n`,
        );
      case '/adapters':
        return context.print(`${bundled.join(', ') || 'The file carries no adapters.'}\n`);
      case '/reset':
        await reset();
        return context.print('The history is forgotten.\n');
      default:
        return context.print(help);
    }
  } catch (error) {
    if (!(error instanceof StudioError) || isAbort(error)) throw error;
    context.print(`${error.message} ${error.hint ?? ''}\n`);
  }
}
