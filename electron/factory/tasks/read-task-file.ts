// A task file as tasks: JSON Lines of questions and answers, or a file of validation prompts.
import { readFile, stat } from 'node:fs/promises';
import type { TaskRequest } from '#src/contract/quality/subjects.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { maximumTaskBytes, parseTasks, type Task } from '#src/evaluation/tasks/parse-tasks.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { toIoError } from '#src/io/io-error.ts';
import { parseValidationPrompts } from '#src/stages/validate/validation-prompts.ts';

export interface TaskFile extends TaskRequest {
  readonly tasks: readonly Task[];
  readonly sha256: string;
}

/** All files of a measurement, in their order. Throws what `readTaskFile` throws. */
export async function readTaskFiles(requests: readonly TaskRequest[]): Promise<TaskFile[]> {
  const files: TaskFile[] = [];
  for (const request of requests) {
    const tasks = await readTaskFile(request.path);
    files.push({ ...request, tasks, sha256: await hashFile(request.path) });
  }
  return files;
}

/** Throws `io/*`, and `evaluation/tasks` with the line for what is no task file. */
export async function readTaskFile(path: string): Promise<Task[]> {
  const bytes = await readBounded(path);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new StudioError('evaluation/tasks', `${path} is not UTF-8 text.`, {
      hint: 'Save it as UTF-8.',
      cause: error,
    });
  }
  return validationTasks(text, path) ?? parseTasks(text, path);
}

async function readBounded(path: string): Promise<Buffer> {
  const status = await stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  if (!status.isFile() || status.size > maximumTaskBytes) {
    const what = status.isFile() ? `has ${status.size} bytes` : 'is no file';
    throw new StudioError('evaluation/tasks', `${path} ${what}; a task file was expected.`, {
      hint: `Task files are JSON Lines of at most ${maximumTaskBytes >> 20} MiB.`,
    });
  }
  return readFile(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
}

/** Prompts without answers: what counts is that the model says something sound. Undefined for other files. */
function validationTasks(text: string, label: string): Task[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'prompts')) {
    return undefined;
  }
  return parseValidationPrompts(value, label).prompts.map((prompt, index) => ({
    line: index + 1,
    messages: [{ role: 'user', content: prompt.text }],
    answers: [],
    match: 'exact',
  }));
}
