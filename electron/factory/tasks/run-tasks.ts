// Asks every subject every task and counts the right answers. Each answer is kept: asking again goes on where it stopped.
// Called by `runTasks`, and by whoever measures suites of tasks (ask-group.ts).
import type { TaskResult } from '#src/contract/quality/measurements.ts';
import type { RunTasksParams } from '#src/contract/quality/speed.ts';
import type { SubjectRequest } from '#src/contract/quality/subjects.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { invariant } from '#src/errors/assert.ts';
import { isRight, normalizeAnswer } from '#src/evaluation/tasks/normalize-answer.ts';
import type { Task } from '#src/evaluation/tasks/parse-tasks.ts';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { generatedTokens } from '#src/stages/validate/check-generation.ts';
import { identifyModel, type ModelIdentity } from '../evaluate/measured-model.ts';
import { openBackend } from '../evaluate/measuring-backend.ts';
import { nativeLibrary } from '../native-library.ts';
import { openGenerator, type Generator } from '../subjects/open-generator.ts';
import { AnsweringModel, type GivenAnswer } from './answering-model.ts';
import { taskPrompts } from './ask-as-chat.ts';
import { openKeptAnswers, type KeptAnswers } from './kept-answers.ts';
import { readTaskFiles, type TaskFile } from './read-task-file.ts';

/** A model that is asked; opened when it has something to answer. */
export interface AskedModel {
  readonly subject: Pick<SubjectRequest, 'id' | 'label'>;
  readonly identity: ModelIdentity;
  readonly open: () => Promise<Generator>;
}

export interface AskOptions {
  readonly maximumTokens: number;
  readonly threads?: number | undefined;
  readonly gpuLayers: number;
  /** Ask again what was answered before. */
  readonly fresh?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}

/** Wrong answers that are kept of each subject and task file. */
const keptWrong = 10;
const keptCharacters = 400;

/**
 * One result per subject and task file, in their order. Throws `io/*`, `evaluation/tasks` naming the line,
 * `evaluation/not-finite`, what `openGenerator` throws, and `signal.reason`.
 */
export async function runTasks(
  params: RunTasksParams,
  context: { readonly signal: AbortSignal; readonly emit: EventSink },
): Promise<TaskResult[]> {
  const files = await readTaskFiles(params.tasks);
  const models: AskedModel[] = [];
  for (const subject of params.subjects) {
    const generator = await openGenerator(subject, context);
    const identity = await identifyModel(subject, context.signal);
    models.push({ subject, identity, open: () => Promise.resolve(generator) });
  }
  return askModels(models, files, { ...params, ...context });
}

/** The same of models that were looked at already. */
export async function askModels(
  models: readonly AskedModel[],
  files: readonly TaskFile[],
  options: AskOptions,
): Promise<TaskResult[]> {
  const { emit, maximumTokens, gpuLayers, fresh = false } = options;
  const backend = openBackend(nativeLibrary(), gpuLayers);
  const total = models.length * files.reduce((sum, { tasks }) => sum + tasks.length, 0);
  let done = 0;
  const step = (count = 1) => {
    done += count;
    emit({ event: 'progress', done, total, unit: 'steps' });
  };
  const results: TaskResult[] = [];
  for (const { subject, identity, open } of models) {
    const asked: AskedFile[] = [];
    for (const file of files) {
      const conditions = { model: identity, tasks: file.sha256, maximumTokens, backend, gpuLayers };
      const kept = await openKeptAnswers(conditions, file.tasks.length, fresh);
      asked.push({ file, kept });
    }
    emit({ event: 'phase', phase: 'Asking', detail: subject.label });
    step(asked.reduce((sum, { kept }) => sum + kept.answers.filter(isThere).length, 0));
    if (asked.some(({ kept }) => !kept.answers.every(isThere))) {
      await answerFiles(asked, await open(), options, step);
    }
    results.push(...asked.map((each) => resultOf(subject.id, each)));
  }
  return results;
}

interface AskedFile {
  readonly file: TaskFile;
  readonly kept: KeptAnswers;
}

function isThere(answer: GivenAnswer | undefined): boolean {
  return answer !== undefined;
}

async function answerFiles(
  asked: readonly AskedFile[],
  generator: Generator,
  options: AskOptions,
  step: () => void,
): Promise<void> {
  const model = await AnsweringModel.load(nativeLibrary(), generator, {
    threads: options.threads ?? chooseThreads(generator.bytes),
    gpuLayers: options.gpuLayers,
  });
  try {
    for (const each of asked) {
      if (!each.kept.answers.every(isThere))
        await answerFile(each, model, generator, options, step);
    }
  } finally {
    model.dispose();
  }
}

async function answerFile(
  { file, kept }: AskedFile,
  model: AnsweringModel,
  generator: Generator,
  options: AskOptions,
  step: () => void,
): Promise<void> {
  const { subject, trainedContext } = generator;
  const { path, tasks } = file;
  const { maximumTokens, signal } = options;
  const texts = await taskPrompts(generator, tasks, options);
  const prompts = texts.map(({ text, addSpecial }) => model.tokenize(text, addSpecial));
  const window = trainedContext ?? Number.MAX_SAFE_INTEGER;
  for (const [index, { length }] of prompts.entries()) {
    if (length > 0 && length < window) continue;
    throw new StudioError(
      'evaluation/tasks',
      `${path}, line ${tasks[index]?.line ?? 0}: the prompt has ${length} tokens; ${subject.label} was trained on ${window}.`,
      { hint: 'Shorten it, or ask a model with a longer context.' },
    );
  }
  const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0);
  model.reserve(Math.min(window, longest + Math.max(maximumTokens, generatedTokens)));
  for (const [index, task] of tasks.entries()) {
    const prompt = prompts[index];
    invariant(prompt !== undefined, 'every task has a prompt');
    if (kept.answers[index] !== undefined) continue;
    const isOpen = task.answers.length === 0;
    const answer = await model.answer(prompt, {
      // A repeated token shows only in a long answer.
      maximumTokens: isOpen ? generatedTokens : maximumTokens,
      isDecided: isOpen ? () => false : (text) => isDecided(text, task),
      signal,
    });
    if (answer.flaw === 'not finite' && !isOpen) {
      throw new StudioError(
        'evaluation/not-finite',
        `${subject.label} computes NaN or infinity when asked line ${task.line} of ${path}.`,
        { hint: 'gguf-studio validate tells more about the file.' },
      );
    }
    await kept.write(index, answer);
    step();
  }
}

function resultOf(subject: string, { file: { id, title, tasks }, kept }: AskedFile): TaskResult {
  const wrong: TaskResult['wrong'] = [];
  const outcomes = tasks.map((task, index) => {
    const answer = kept.answers[index];
    invariant(answer !== undefined, 'every task was answered');
    const isOpen = task.answers.length === 0;
    const right = isOpen ? answer.flaw === undefined : isRight(answer.text, task);
    if (!right && wrong.length < keptWrong) wrong.push(wrongAnswer(task, answer));
    return right;
  });
  return {
    subject,
    task: id,
    title,
    asked: tasks.length,
    right: outcomes.filter(Boolean).length,
    outcomes: outcomes.map((right) => (right ? '1' : '0')).join(''),
    wrong,
  };
}

/** No further token changes whether it is right: what is there is longer than every answer, and not at their end. */
function isDecided(text: string, { answers, match }: Task): boolean {
  const longest = answers.reduce((most, { length }) => Math.max(most, length), 0);
  // What is stripped at the end now may be kept when more follows, so a word more is waited for.
  const given = normalizeAnswer(text);
  return match === 'start' ? given.length > longest + 1 : given.length > longest + 16;
}

function wrongAnswer(task: Task, { text, flaw }: GivenAnswer): TaskResult['wrong'][number] {
  const asked = task.messages.at(-1)?.content ?? '';
  const sound = 'an answer of finite logits that does not end in one repeated token';
  return {
    prompt: cut(asked),
    expected: task.answers.length === 0 ? sound : cut(task.answers.join(' | ')),
    answered: flaw === 'not finite' ? `${cut(text)} (then NaN or infinity)` : cut(text),
  };
}

function cut(text: string): string {
  return text.length <= keptCharacters ? text : `${text.slice(0, keptCharacters)} …`;
}
