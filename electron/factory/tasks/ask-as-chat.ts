// Tasks as the prompts that a model expects: each in its own chat template, rendered where a hostile template cannot hurt.
import type { EventSink } from '#src/contract/stage-events.ts';
import type { Task } from '#src/evaluation/tasks/parse-tasks.ts';
import { templateOfGguf } from '#src/stages/library/template-of.ts';
import { renderInProcess } from '../library/render-in-process.ts';
import type { Generator } from '../subjects/open-generator.ts';

export interface TaskPrompt {
  readonly text: string;
  /** False when the text begins with the token that begins a sequence. */
  readonly addSpecial: boolean;
}

/** Conversations that one process renders. */
const portion = 500;
const patience = 20_000;

/** One prompt per task. A model without a usable template gets the texts as they are; a notice says so. */
export async function taskPrompts(
  { metadata, subject }: Generator,
  tasks: readonly Task[],
  { signal, emit }: { readonly signal: AbortSignal; readonly emit: EventSink },
): Promise<TaskPrompt[]> {
  const template = templateOfGguf(metadata);
  const plain = (problem: string) => {
    const message = `${subject.label}: ${problem} Tasks are asked as plain text.`;
    emit({ event: 'notice', level: 'warning', message });
    return tasks.map(({ messages }) => ({
      text: messages.map(({ content }) => content).join('\n\n'),
      addSpecial: true,
    }));
  };
  if (template === undefined) return plain('the file has no chat template.');
  const prompts: TaskPrompt[] = [];
  for (let start = 0; start < tasks.length; start += portion) {
    const conversations = tasks.slice(start, start + portion).map(({ messages }) => messages);
    const bounds = { milliseconds: patience, signal };
    const rendered = await renderInProcess({ ...template, conversations }, bounds);
    if (rendered.prompts === undefined) {
      return plain(`its chat template cannot be used (${rendered.problem ?? 'unknown reason'}).`);
    }
    const { bosToken } = template;
    for (const text of rendered.prompts) {
      prompts.push({ text, addSpecial: bosToken === '' || !text.startsWith(bosToken) });
    }
  }
  return prompts;
}
