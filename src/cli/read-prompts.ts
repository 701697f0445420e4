// The user's own validation prompts: a text file with one on each line.
import { readFile } from 'node:fs/promises';
import { toIoError } from '#src/io/io-error.ts';
import { usageError } from './usage-error.ts';

const mostPrompts = 100;

/** Throws `io/*`, and `usage/invalid` for a file without prompts or with more than are asked. */
export async function readPrompts(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw toIoError(error, path);
  });
  const prompts = text.split(/\r?\n/).flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  if (prompts.length === 0) throw usageError(`${path} holds no prompts.`, 'Write one prompt on each line.'); // prettier-ignore
  if (prompts.length > mostPrompts) {
    throw usageError(`${path} holds ${prompts.length} prompts; at most ${mostPrompts} are asked.`, 'Take a part of them.'); // prettier-ignore
  }
  return prompts;
}
