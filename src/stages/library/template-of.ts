// The chat template of a model and the texts of its special tokens, from a GGUF's metadata or a Hugging Face folder's
// small files: what rendering it needs.
import { chatTemplateEntries } from '#src/architectures/vocabulary/chat-template.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { entryNumber, entryString, entryValue } from '#src/formats/gguf/entries.ts';
import { stringAt } from '#src/formats/gguf/read-strings.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { jsonField, stringField, type JsonObject } from '#src/formats/huggingface/json.ts';
import { readOptionalJsonObject } from '#src/formats/huggingface/read-json.ts';
import { readChatTemplates } from '#src/formats/huggingface/tokenizer-files.ts';
import type { TemplateTask } from './render-template.ts';

/** Undefined when the model has none. */
export function templateOfGguf(metadata: readonly GgufEntry[]): TemplateTask | undefined {
  const template = entryString(metadata, 'tokenizer.chat_template');
  if (template === undefined) return undefined;
  return {
    template,
    bosToken: tokenText(metadata, 'tokenizer.ggml.bos_token_id'),
    eosToken: tokenText(metadata, 'tokenizer.ggml.eos_token_id'),
  };
}

/** The template that converting the folder would write. Undefined when there is none. */
export async function templateOfFolder(folder: FolderPort): Promise<TemplateTask | undefined> {
  const tokenizerConfig = await readOptionalJsonObject(folder, 'tokenizer_config.json');
  const chatTemplateJson = await readOptionalJsonObject(folder, 'chat_template.json');
  const entries = chatTemplateEntries({
    label: folder.label,
    chatTemplates: await readChatTemplates(folder),
    ...(tokenizerConfig === undefined ? {} : { tokenizerConfig }),
    ...(chatTemplateJson === undefined ? {} : { chatTemplateJson }),
  });
  const template = entryString(entries, 'tokenizer.chat_template');
  if (template === undefined) return undefined;
  return {
    template,
    bosToken: specialToken(tokenizerConfig, 'bos_token'),
    eosToken: specialToken(tokenizerConfig, 'eos_token'),
  };
}

function tokenText(metadata: readonly GgufEntry[], key: string): string {
  const id = entryNumber(metadata, key);
  const tokens = entryValue(metadata, 'tokenizer.ggml.tokens');
  if (id === undefined || tokens?.type !== 'array' || tokens.elementType !== 'string') return '';
  return stringAt(tokens, id) ?? '';
}

/** A text, or an object with the text as `content`. */
function specialToken(config: JsonObject | undefined, name: string): string {
  const value = jsonField(config, name);
  return typeof value === 'string' ? value : (stringField(value, 'content') ?? '');
}
