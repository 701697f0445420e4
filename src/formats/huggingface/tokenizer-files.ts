// Every file of a Hugging Face folder that describes its tokenizer, read once and bounded. Absent files are undefined:
// which of them a family needs is decided where they are used.
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { readFileBytes, readOptionalJsonObject, readTextFile, maximumTokenizerBytes } from './read-json.ts'; // prettier-ignore
import type { JsonObject } from './json.ts';

export interface ChatTemplateFile {
  /** `default`, or the file name without `.jinja`. */
  readonly name: string;
  readonly template: string;
}

export interface TokenizerFiles {
  /** How messages name the folder. */
  readonly label: string;
  /** tokenizer.json */
  readonly tokenizer?: JsonObject;
  /** tokenizer_config.json */
  readonly tokenizerConfig?: JsonObject;
  /** config.json as stored: special token ids are read from it without the defaults of transformers. */
  readonly config?: JsonObject;
  /** special_tokens_map.json */
  readonly specialTokensMap?: JsonObject;
  /** added_tokens.json: content to id */
  readonly addedTokens?: JsonObject;
  /** vocab.json: content to id */
  readonly vocabulary?: JsonObject;
  /** merges.txt */
  readonly merges?: string;
  /** vocab.txt: one WordPiece token a line */
  readonly wordPieces?: string;
  /** tokenizer.model */
  readonly sentencePiece?: Uint8Array;
  /** chat_template.jinja first (as `default`), then additional_chat_templates/*.jinja by name. */
  readonly chatTemplates: readonly ChatTemplateFile[];
  /** chat_template.json */
  readonly chatTemplateJson?: JsonObject;
}

const maximumTemplateBytes = 4 * 2 ** 20;
const maximumTemplates = 64;

/** Reads what is there. Throws `huggingface/invalid` or `format/limit`, naming the file. */
export async function readTokenizerFiles(folder: FolderPort): Promise<TokenizerFiles> {
  const vocabularyOptions = { maximumBytes: maximumTokenizerBytes, allowPrototypeKey: true };
  const configuration = (name: string) => readOptionalJsonObject(folder, name);
  const vocabulary = (name: string) => readOptionalJsonObject(folder, name, vocabularyOptions);
  const text = async (name: string) =>
    (await folder.has(name)) ? readTextFile(folder, name) : undefined;

  return withoutUndefined({
    label: folder.label,
    tokenizer: await vocabulary('tokenizer.json'),
    tokenizerConfig: await configuration('tokenizer_config.json'),
    config: await configuration('config.json'),
    specialTokensMap: await configuration('special_tokens_map.json'),
    addedTokens: await vocabulary('added_tokens.json'),
    vocabulary: await vocabulary('vocab.json'),
    merges: await text('merges.txt'),
    wordPieces: await text('vocab.txt'),
    sentencePiece: (await folder.has('tokenizer.model'))
      ? await readFileBytes(folder, 'tokenizer.model', maximumTokenizerBytes)
      : undefined,
    chatTemplates: await readChatTemplates(folder),
    chatTemplateJson: await configuration('chat_template.json'),
  });
}

/** The templates that lie in files of their own. */
export async function readChatTemplates(folder: FolderPort): Promise<ChatTemplateFile[]> {
  if (!(await folder.has('chat_template.jinja'))) return [];
  const templates = [
    { name: 'default', template: await readTemplate(folder, 'chat_template.jinja') },
  ];
  const additional = await folder.subfolder?.('additional_chat_templates');
  if (additional === undefined) return templates;
  const names = (await additional.list()).filter((name) => name.endsWith('.jinja'));
  for (const fileName of names.slice(0, maximumTemplates)) {
    templates.push({
      name: fileName.slice(0, -'.jinja'.length),
      template: await readTemplate(additional, fileName),
    });
  }
  return templates;
}

/** Line ends become \n, as in Python's text mode. */
async function readTemplate(folder: FolderPort, fileName: string): Promise<string> {
  return (await readTextFile(folder, fileName, maximumTemplateBytes)).replace(/\r\n?/g, '\n');
}

/** Under exactOptionalPropertyTypes an absent file has no property rather than an undefined one. */
function withoutUndefined<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
