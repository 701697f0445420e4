// A yes or no from whoever sits at the terminal, before something is deleted. Anything but a clear yes is a no.
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Asks once; Ctrl+C and the end of the input are a no. Throws `signal.reason`. */
export async function askYes(
  question: string,
  signal: AbortSignal,
  input: Readable,
  output: Writable,
): Promise<boolean> {
  signal.throwIfAborted();
  const lines = createInterface({ input, output });
  const end = () => lines.close();
  signal.addEventListener('abort', end);
  try {
    const answer = await new Promise<string>((resolve) => {
      lines.once('close', () => resolve(''));
      // With a terminal, readline takes Ctrl+C before it becomes a signal.
      lines.once('SIGINT', end);
      lines.question(`${question} [y/N] `, resolve);
    });
    signal.throwIfAborted();
    return /^\s*y(?:es)?\s*$/i.test(answer);
  } finally {
    signal.removeEventListener('abort', end);
    lines.close();
  }
}
