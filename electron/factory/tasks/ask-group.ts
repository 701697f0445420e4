// The tasks of a measurement: asked of every file that was measured and of the unquantized model that it was compared with.
import type { TaskResult } from '#src/contract/quality/measurements.ts';
import type { Subject } from '#src/contract/quality/subjects.ts';
import type { NamedText } from '#src/evaluation/suites/find-overlap.ts';
import { identifyModel } from '../evaluate/measured-model.ts';
import type { ReferenceFile } from '../evaluate/reference-file.ts';
import { openGenerator } from '../subjects/open-generator.ts';
import type { TaskFile } from './read-task-file.ts';
import { askModels, type AskedModel, type AskOptions } from './run-tasks.ts';

/** `file` is where llama.cpp finds the reference. Throws what asking throws. */
export async function askGroup(
  reference: Subject,
  file: ReferenceFile,
  subjects: readonly Subject[],
  tasks: readonly TaskFile[],
  options: AskOptions,
): Promise<TaskResult[]> {
  if (tasks.length === 0) return [];
  const models: AskedModel[] = [];
  for (const subject of [reference, ...subjects]) {
    models.push({
      subject,
      identity: await identifyModel(subject, options.signal),
      async open() {
        const path = subject === reference ? await file.path() : subject.path;
        return openGenerator({ ...subject, path }, options);
      },
    });
  }
  return askModels(models, tasks, options);
}

/** What a task file asks, as text that must not be in a calibration text. */
export function askedText({ title, tasks }: TaskFile): NamedText {
  const lines = tasks.flatMap(({ messages }) => messages.map(({ content }) => content));
  return { name: title, text: lines.join('\n') };
}
