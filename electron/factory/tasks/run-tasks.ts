// Asks every subject every task and counts the right answers. Called by `runTasks`, and by whoever measures suites of tasks.
import type { TaskResult } from '#src/contract/quality/measurements.ts';
import type { RunTasksParams } from '#src/contract/quality/speed.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { isRight, normalizeAnswer } from '#src/evaluation/tasks/normalize-answer.ts';
import type { Task } from '#src/evaluation/tasks/parse-tasks.ts';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { generatedTokens } from '#src/stages/validate/check-generation.ts';
import { nativeLibrary } from '../native-library.ts';
import { openGenerator, type Generator } from '../subjects/open-generator.ts';
import { AnsweringModel, type GivenAnswer } from './answering-model.ts';
import { taskPrompts } from './ask-as-chat.ts';
import { readTaskFile } from './read-task-file.ts';

interface TaskFile {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  readonly tasks: readonly Task[];
}

interface TaskContext {
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
  { signal, emit }: TaskContext,
): Promise<TaskResult[]> {
  const files: TaskFile[] = [];
  for (const file of params.tasks) files.push({ ...file, tasks: await readTaskFile(file.path) });
  const generators: Generator[] = [];
  for (const subject of params.subjects) {
    generators.push(await openGenerator(subject, { signal, emit }));
  }
  const library = nativeLibrary();
  library.devices.loadBackends();
  if (params.gpuLayers > 0) library.devices.loadGpuBackends();
  const total = generators.length * files.reduce((sum, { tasks }) => sum + tasks.length, 0);
  let done = 0;
  const step = () => emit({ event: 'progress', done: ++done, total, unit: 'steps' });
  const results: TaskResult[] = [];
  for (const generator of generators) {
    const { label } = generator.subject;
    emit({ event: 'phase', phase: 'Asking', detail: label });
    const model = await AnsweringModel.load(library, generator, {
      threads: params.threads ?? chooseThreads(generator.bytes),
      gpuLayers: params.gpuLayers,
    });
    try {
      for (const file of files) {
        const asked = { model, generator, file, maximumTokens: params.maximumTokens };
        results.push(await askFile(asked, { signal, emit }, step));
      }
    } finally {
      model.dispose();
    }
  }
  return results;
}

interface AskedFile {
  readonly model: AnsweringModel;
  readonly generator: Generator;
  readonly file: TaskFile;
  readonly maximumTokens: number;
}

async function askFile(
  { model, generator, file, maximumTokens }: AskedFile,
  context: TaskContext,
  step: () => void,
): Promise<TaskResult> {
  const { subject, trainedContext } = generator;
  const { id, title, path, tasks } = file;
  const texts = await taskPrompts(generator, tasks, context);
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
  let right = 0;
  const wrong: TaskResult['wrong'] = [];
  for (const [index, task] of tasks.entries()) {
    const isOpen = task.answers.length === 0;
    const answer = await model.answer(prompts[index]!, {
      // A repeated token shows only in a long answer.
      maximumTokens: isOpen ? generatedTokens : maximumTokens,
      isDecided: isOpen ? () => false : (text) => isDecided(text, task),
      signal: context.signal,
    });
    if (answer.flaw === 'not finite' && !isOpen) {
      throw new StudioError(
        'evaluation/not-finite',
        `${subject.label} computes NaN or infinity when asked line ${task.line} of ${path}.`,
        { hint: 'gguf-studio validate tells more about the file.' },
      );
    }
    if (isOpen ? answer.flaw === undefined : isRight(answer.text, task)) right++;
    else if (wrong.length < keptWrong) wrong.push(wrongAnswer(task, answer));
    step();
  }
  return { subject: subject.id, task: id, title, asked: tasks.length, right, wrong };
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
