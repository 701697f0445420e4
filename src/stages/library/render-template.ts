// A chat template rendered over a short conversation, so that its text can be read instead of its program. Templates come
// from anyone: call this where an endless loop can be ended from outside (electron/factory/library/template-process.ts).
import { Template } from '@huggingface/jinja';

export interface TemplateTask {
  readonly template: string;
  /** Texts of the special tokens; empty when the model has none. */
  readonly bosToken: string;
  readonly eosToken: string;
}

export interface RenderedTemplate {
  readonly rendered?: string;
  readonly problem?: string;
}

/** Real templates have up to 30 kB. */
export const templateLimit = 256 * 1024;
/** Characters that are shown; a real conversation of this length has about 500. */
export const renderedLimit = 64 * 1024;

const system = { role: 'system', content: 'You are a helpful assistant.' };
const conversation = [
  { role: 'user', content: 'What is a mitochondrion?' },
  { role: 'assistant', content: 'A part of a cell that makes its energy.' },
  { role: 'user', content: 'And where does it come from?' },
];

/** What the template makes of it, or what it threw. Some refuse a system message: then without one, and said so. */
export function renderTemplate(task: TemplateTask): RenderedTemplate {
  if (task.template.length > templateLimit) {
    return {
      problem: `It has ${task.template.length} characters; at most ${templateLimit} are rendered.`,
    };
  }
  try {
    return cut(render(task, [system, ...conversation]));
  } catch (error) {
    const problem = messageOf(error);
    try {
      const { rendered } = cut(render(task, conversation));
      return { rendered: rendered ?? '', problem: `It refuses a system message: ${problem}` };
    } catch {
      return { problem };
    }
  }
}

function render(
  { template, bosToken, eosToken }: TemplateTask,
  messages: readonly { role: string; content: string }[],
): string {
  return new Template(template).render({
    messages: messages.map((message) => ({ ...message })),
    add_generation_prompt: true,
    bos_token: bosToken,
    eos_token: eosToken,
  });
}

function cut(text: string): RenderedTemplate {
  if (text.length <= renderedLimit) return { rendered: text };
  return {
    rendered: text.slice(0, renderedLimit),
    problem: `It makes ${text.length} characters of a short conversation; the first ${renderedLimit} are shown.`,
  };
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.slice(0, 1_000) || 'It cannot be rendered.';
}
