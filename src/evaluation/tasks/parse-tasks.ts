// Task files: JSON Lines of questions with exact answers. They come from anyone, so a line that is not understood is refused
// with its number.
import { taskLineSchema, type TaskMessage } from '#src/contract/quality/tasks.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { normalizeAnswer } from './normalize-answer.ts';

export interface Task {
  /** Of the file, from 1. */
  readonly line: number;
  readonly messages: readonly TaskMessage[];
  /** Normalized; any of them is right. Empty: every answer of finite logits that does not end in one token is. */
  readonly answers: readonly string[];
  readonly match: 'exact' | 'start';
}

export const maximumTaskBytes = 64 << 20;
const maximumTasks = 100_000;

/** Tasks of a file's text, in its order; blank lines are skipped. Throws `evaluation/tasks` naming the line. */
export function parseTasks(text: string, label: string): Task[] {
  const tasks: Task[] = [];
  // Editors of some systems begin UTF-8 files with this mark.
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '') continue;
    if (tasks.length === maximumTasks) {
      throw new StudioError('evaluation/tasks', `${label} has more than ${maximumTasks} tasks.`, {
        hint: 'Split the file.',
      });
    }
    tasks.push(parseLine(line, index + 1, label));
  }
  if (tasks.length > 0) return tasks;
  throw new StudioError('evaluation/tasks', `${label} has no task.`, {
    hint: 'Write one JSON object per line: {"prompt": "What is 2 + 2?", "answer": "4"}.',
  });
}

function parseLine(text: string, line: number, label: string): Task {
  const refuse = (reason: string) =>
    new StudioError('evaluation/tasks', `${label}, line ${line}: ${reason}.`, {
      hint: 'A line is {"prompt": TEXT, "answer": TEXT} or {"messages": [...], "answer": [TEXT, ...]}.',
      details: { line },
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(`not valid JSON (${(error as Error).message})`);
  }
  const parsed = taskLineSchema.safeParse(value);
  if (!parsed.success) throw refuse(whatIsWrong(value));
  const { answer, match } = parsed.data;
  const answers = (typeof answer === 'string' ? [answer] : answer).map(normalizeAnswer);
  if (answers.includes('')) throw refuse('of an answer only punctuation is left: nothing to find');
  const messages =
    'messages' in parsed.data
      ? parsed.data.messages
      : [{ role: 'user' as const, content: parsed.data.prompt }];
  if (messages.at(-1)?.role !== 'user') throw refuse('the last message is not of the user');
  return { line, messages, answers, match };
}

/** In words: two forms are allowed, and a schema's own words would tell of both. */
function whatIsWrong(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not an object';
  if (!Object.hasOwn(value, 'prompt') && !Object.hasOwn(value, 'messages')) {
    return 'neither "prompt" nor "messages"';
  }
  if (!Object.hasOwn(value, 'answer')) return 'no "answer"';
  const alternative = Object.hasOwn(value, 'prompt') ? 0 : 1;
  const [issue] = taskLineSchema.options[alternative].safeParse(value).error?.issues ?? [];
  const place = issue?.path.join('.') ?? '';
  return `${place === '' ? 'the line' : `"${place}"`} has the wrong form (${issue?.message ?? 'unknown'})`;
}
