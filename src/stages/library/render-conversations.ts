// Conversations as prompts, in a model's own chat template. Templates come from anyone: call this where an endless loop can be
// ended from outside (electron/factory/library/template-process.ts).
import { Template } from '@huggingface/jinja';
import { templateLimit, type TemplateTask } from './render-template.ts';

export interface ConversationsTask extends TemplateTask {
  readonly conversations: readonly (readonly {
    readonly role: string;
    readonly content: string;
  }[])[];
}

export interface RenderedConversations {
  /** One per conversation, ending where the answer begins. */
  readonly prompts?: readonly string[];
  /** Why there are none. */
  readonly problem?: string;
}

/** All or none. */
export function renderConversations(task: ConversationsTask): RenderedConversations {
  const { template, bosToken, eosToken, conversations } = task;
  if (template.length > templateLimit) return { problem: `it has ${template.length} characters` };
  try {
    const parsed = new Template(template);
    const prompts = conversations.map((messages) =>
      parsed.render({
        messages: messages.map((message) => ({ ...message })),
        add_generation_prompt: true,
        bos_token: bosToken,
        eos_token: eosToken,
      }),
    );
    const drops = prompts.some((prompt, index) => {
      const said = conversations[index]?.at(-1)?.content.trim() ?? '';
      return !prompt.includes(said);
    });
    return drops ? { problem: 'it drops what the user says' } : { prompts };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { problem: problem.slice(0, 1_000) || 'it cannot be rendered' };
  }
}
