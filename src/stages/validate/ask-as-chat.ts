// Puts a prompt into the model's own chat template, as every chat program does, so that a chat model is asked what it
// was trained to answer.
import { Template } from '@huggingface/jinja';
import { entryNumber, entryString, entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { Question } from './check-generation.ts';

/** Real templates have up to 30 kB; a larger one is not rendered. */
const templateLimit = 256 * 1024;

export interface ChatTemplate {
  /** How the prompt is asked. */
  readonly ask: (prompt: { readonly id: string; readonly text: string }) => Question;
  /** Why the template is not used, when it is not. */
  readonly problem: string | undefined;
}

/** The template of a model's metadata; prompts are asked as they are when there is none, or it cannot be rendered. */
export function readChatTemplate(metadata: readonly GgufEntry[]): ChatTemplate {
  const plain = (problem: string | undefined): ChatTemplate => ({
    ask: ({ id, text }) => ({ id, text, addSpecial: true }),
    problem,
  });
  const text = entryString(metadata, 'tokenizer.chat_template');
  if (text === undefined) return plain(undefined);
  if (text.length > templateLimit) return plain(`it has ${text.length} characters`);
  const bosText = tokenText(metadata, 'tokenizer.ggml.bos_token_id');
  const eosText = tokenText(metadata, 'tokenizer.ggml.eos_token_id');
  const render = (content: string) =>
    new Template(text).render({
      messages: [{ role: 'user', content }],
      add_generation_prompt: true,
      bos_token: bosText,
      eos_token: eosText,
    });
  try {
    if (!render('probe').includes('probe')) return plain('it drops what the user says');
  } catch (error) {
    return plain(error instanceof Error ? error.message : 'it cannot be rendered');
  }
  return {
    ask: ({ id, text: content }) => {
      const rendered = render(content);
      return {
        id,
        text: rendered,
        addSpecial: bosText === '' || !rendered.startsWith(bosText),
      };
    },
    problem: undefined,
  };
}

function tokenText(metadata: readonly GgufEntry[], key: string): string {
  const id = entryNumber(metadata, key);
  const tokens = entryValue(metadata, 'tokenizer.ggml.tokens');
  if (id === undefined || tokens?.type !== 'array' || tokens.elementType !== 'string') return '';
  return tokens.value[id] ?? '';
}
