// `tasks`: questions with known answers.
import { basename } from 'node:path';
import type { TaskResult } from '#src/contract/quality/measurements.ts';
import type { SubjectRequest, TaskRequest } from '#src/contract/quality/subjects.ts';
import { wilsonInterval } from '#src/evaluation/statistics/wilson-interval.ts';
import { taskScore } from '#src/evaluation/tasks/task-score.ts';
import { chooseEvaluationSuites, requestsOfSuites } from '#src/io/evaluation-suites.ts';
import { findWorkspace } from '#src/io/workspace.ts';
import { tasksDescriptor } from '#src/stages/tasks/descriptor.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { recordTasks } from '../record-command.ts';
import { modelSubjects } from '../model-subjects.ts';
import { printable } from '../printable.ts';
import { renderTable } from '../render-table.ts';
import type { Style } from '../terminal.ts';
import { usageError } from '../usage-error.ts';

/** Wrong answers that are printed of each file; --json has more. */
const shownWrong = 3;

export const tasksCommand = defineCommand(
  tasksDescriptor,
  async ({ options, positionals }, context) => {
    const paths = positionals.map((path) => context.resolvePath(path));
    const subjects = modelSubjects('tasks', options, paths);
    const files = [
      ...options.file.map((path) => ({ id: path, title: basename(path), path })),
      ...(await suiteFiles(options.suite, context)),
    ];
    if (files.length === 0) {
      throw usageError('tasks needs a task file.', 'Add -f TASKS.jsonl, or --suite NAME.');
    }
    const { threads } = options;
    const { tasks } = await recordTasks(context, {
      subjects,
      tasks: files,
      maximumTokens: options['n-predict'],
      gpuLayers: options['n-gpu-layers'],
      ...(threads === undefined ? {} : { threads }),
    });
    const scored = tasks.map((task) => ({ ...task, score: taskScore(task) }));
    return {
      result: { subjects, tasks: scored },
      text: renderTasks(tasks, subjects, context.style),
    };
  },
);

async function suiteFiles(
  names: readonly string[],
  context: CommandContext,
): Promise<TaskRequest[]> {
  if (names.length === 0) return [];
  const workspace = await findWorkspace(context.resolvePath('.'));
  const suites = await chooseEvaluationSuites(names, workspace?.folder);
  const text = suites.find(({ kind }) => kind !== 'tasks');
  if (text !== undefined) {
    throw usageError(
      `Suite "${text.id}" is text, not tasks.`,
      `Measure it: eval --suite ${text.id}.`,
    );
  }
  return requestsOfSuites(suites).tasks;
}

function renderTasks(
  tasks: readonly TaskResult[],
  subjects: readonly SubjectRequest[],
  style: Style,
): string {
  const labelOf = (id: string) => subjects.find((one) => one.id === id)?.label ?? id;
  const rows = tasks.map((task) => {
    const { value, error } = taskScore(task);
    const { low, high } = wilsonInterval(task.right, task.asked);
    const percent = (share: number) => (100 * share).toFixed(1);
    return [
      printable(labelOf(task.subject)),
      printable(task.title),
      `${task.right} of ${task.asked}`,
      `${(value * 100).toFixed(1)} ± ${(error * 100).toFixed(1)} %`,
      `${percent(low)} to ${percent(high)} %`,
    ];
  });
  const columns = [
    { title: 'file' },
    { title: 'tasks' },
    { title: 'right', align: 'right' as const },
    { title: 'score', align: 'right' as const },
    { title: '95 % interval', align: 'right' as const },
  ];
  const wrong = tasks.flatMap((task) => {
    if (task.wrong.length === 0) return [];
    const lines = task.wrong
      .slice(0, shownWrong)
      .map(
        ({ prompt, expected, answered }) =>
          `  ${printable(prompt)}\n    expected ${printable(expected)}\n    answered ${printable(answered)}`,
      );
    const title = `${printable(labelOf(task.subject))}, ${printable(task.title)}: first wrong ones`;
    return [`\n${style.bold(title)}\n${lines.join('\n')}\n`];
  });
  return `${renderTable(columns, rows)}${wrong.join('')}`;
}
