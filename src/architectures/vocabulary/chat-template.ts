// Chat templates as gguf-py chooses and writes them (gguf/vocab.py, gguf_writer.py add_chat_template): the template of
// tokenizer_config.json wins over chat_template.jinja, which wins over chat_template.json.
import { stringArrayEntry, stringEntry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { jsonField, stringField, type JsonValue } from '#src/formats/huggingface/json.ts';
import type { TokenizerFiles } from '#src/formats/huggingface/tokenizer-files.ts';
import { mergeEntries } from './merge-entries.ts';

const defaultKey = 'tokenizer.chat_template';

/**
 * Without tokenizer_config.json there is no template, whatever other files say; a `null` there means none.
 * Named templates are listed in file order (the reference lists them in a random one: it iterates over a set).
 */
export function chatTemplateEntries(files: TokenizerFiles): GgufEntry[] {
  const { tokenizerConfig } = files;
  if (tokenizerConfig === undefined || Object.keys(tokenizerConfig).length === 0) return [];
  const template = Object.hasOwn(tokenizerConfig, 'chat_template')
    ? tokenizerConfig['chat_template']
    : separateTemplate(files);
  if (typeof template === 'string') return templateEntry(defaultKey, template);
  return Array.isArray(template) ? namedTemplateEntries(template as readonly JsonValue[]) : [];
}

function separateTemplate(files: TokenizerFiles): JsonValue | undefined {
  const [first, ...others] = files.chatTemplates;
  if (first === undefined) return jsonField(files.chatTemplateJson, 'chat_template');
  return others.length === 0
    ? first.template
    : files.chatTemplates.map(({ name, template }) => ({ name, template }));
}

/** gguf-py writes no empty string. */
function templateEntry(key: string, template: string): GgufEntry[] {
  return template === '' ? [] : [stringEntry(key, template)];
}

function namedTemplateEntries(choices: readonly JsonValue[]): GgufEntry[] {
  let defaultTemplate: string | undefined;
  const names = new Set<string>();
  const entries: GgufEntry[] = [];
  for (const choice of choices) {
    const name = (stringField(choice, 'name') ?? '').replace(/[^A-Za-z0-9]/gu, '_');
    const template = stringField(choice, 'template');
    if (name === '' || template === undefined) continue;
    if (name === 'default') {
      defaultTemplate = template;
    } else {
      names.add(name);
      entries.push(...templateEntry(`${defaultKey}.${name}`, template));
    }
  }
  return mergeEntries(
    entries,
    names.size > 0 ? [stringArrayEntry('tokenizer.chat_templates', [...names])] : [],
    templateEntry(defaultKey, defaultTemplate ?? ''),
  );
}
