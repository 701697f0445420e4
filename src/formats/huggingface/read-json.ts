// Bounded reading of the text and JSON files of a Hugging Face folder. A file may come from anyone: its size, its depth
// and its encoding are checked before anything is taken from it.
import { StudioError } from '#src/errors/studio-error.ts';
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { describeForeignFile, type FileKind } from '#src/formats/recognize-file.ts';
import { isJsonObject, type JsonObject } from './json.ts';

const mebibyte = 2 ** 20;

/** The largest tokenizer.json known to us (Gemma 3) has 33 MB; configurations have a few kilobytes. */
export const maximumTokenizerBytes = 256 * mebibyte;
export const maximumConfigurationBytes = 16 * mebibyte;

/** Real files nest about ten deep. */
const maximumDepth = 64;

export interface ReadJsonOptions {
  readonly maximumBytes?: number;
  /**
   * Vocabularies may hold a token that is spelt `__proto__`; configurations that do are refused. JSON.parse makes it
   * an ordinary own property, so it never reaches a prototype, but code further on might copy by assignment.
   */
  readonly allowPrototypeKey?: boolean;
}

/** Reads a UTF-8 text file. Throws `format/limit` when too large, `huggingface/invalid` when it is not UTF-8. */
export async function readTextFile(
  folder: FolderPort,
  fileName: string,
  maximumBytes = maximumTokenizerBytes,
): Promise<string> {
  const bytes = await readFileBytes(folder, fileName, maximumBytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new StudioError(
      'huggingface/invalid',
      `${folder.label}/${fileName} is not valid UTF-8 text.`,
      {
        hint: 'Fetch the file again; it is probably damaged.',
        cause,
      },
    );
  }
}

/** Reads a whole file. Throws `format/limit` above `maximumBytes`, `huggingface/invalid` for a git-LFS pointer. */
export async function readFileBytes(
  folder: FolderPort,
  fileName: string,
  maximumBytes: number,
): Promise<Uint8Array> {
  const source = await folder.open(fileName);
  try {
    if (source.size > maximumBytes) {
      throw new StudioError(
        'format/limit',
        `${folder.label}/${fileName} has ${source.size} bytes; at most ${maximumBytes} are read.`,
        { details: { size: source.size, maximumBytes } },
      );
    }
    const bytes = await readBytes(source, 0, source.size);
    refusePointer(bytes, `${folder.label}/${fileName}`);
    return bytes;
  } finally {
    await source.close();
  }
}

/** Reads a JSON file whose root is an object. Throws `io/not-found` when it is absent. */
export async function readJsonObject(
  folder: FolderPort,
  fileName: string,
  options: ReadJsonOptions = {},
): Promise<JsonObject> {
  const text = await readTextFile(
    folder,
    fileName,
    options.maximumBytes ?? maximumConfigurationBytes,
  );
  const label = `${folder.label}/${fileName}`;
  const value = parseJson(text, label);
  checkShape(value, label, options.allowPrototypeKey ?? false);
  if (!isJsonObject(value)) {
    throw new StudioError('huggingface/invalid', `${label} does not hold a JSON object.`);
  }
  return value;
}

/** As `readJsonObject`, but undefined when the file is absent. */
export async function readOptionalJsonObject(
  folder: FolderPort,
  fileName: string,
  options: ReadJsonOptions = {},
): Promise<JsonObject | undefined> {
  return (await folder.has(fileName)) ? readJsonObject(folder, fileName, options) : undefined;
}

function parseJson(text: string, label: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const start = new TextEncoder().encode(text.slice(0, 512));
    const found = describeForeignFile(start, text.length);
    const isForeign = !plainKinds.includes(found.kind);
    throw new StudioError(
      'huggingface/invalid',
      `${label} is not valid JSON${isForeign ? ` but ${found.description}` : ''}.`,
      {
        hint: isForeign ? found.hint : 'Fetch the file again; it is probably incomplete.',
        cause,
      },
    );
  }
}

/** Kinds that a broken JSON file may seem to be: naming them would explain nothing. */
const plainKinds: readonly FileKind[] = ['json', 'text', 'unknown'];

/** A pointer is valid text, so vocabularies and merges would be read from it. */
function refusePointer(bytes: Uint8Array, label: string): void {
  const found = describeForeignFile(bytes.subarray(0, 512), bytes.length);
  if (found.kind !== 'git-lfs') return;
  throw new StudioError('huggingface/invalid', `${label} is ${found.description}.`, {
    hint: found.hint,
  });
}

/** Walks without recursion: a hostile file may nest as deep as it is long. */
function checkShape(root: unknown, label: string, allowPrototypeKey: boolean): void {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maximumDepth) {
      throw new StudioError('format/limit', `${label} nests deeper than ${maximumDepth} levels.`);
    }
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      if (!allowPrototypeKey && Object.hasOwn(value, '__proto__')) {
        throw new StudioError('huggingface/invalid', `${label} has a field named __proto__.`);
      }
      for (const child of Object.values(value) as unknown[]) {
        if (typeof child === 'object' && child !== null) next.push(child);
      }
    }
    level = next;
  }
}
