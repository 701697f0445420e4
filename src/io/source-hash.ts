// The content hash of a source: a file's own SHA-256, or one over the files of a folder that decide what is made of it.
// It is what records and provenance name a source by; where it lies does not matter.
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { limits } from '#src/formats/bytes/limits.ts';
import { parseSplitName, splitFileName } from '#src/formats/gguf/split-names.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { hashFile, knownFileHash, type FileHashOptions } from './file-hash.ts';
import { toIoError } from './io-error.ts';

export type SourceRole = 'base' | 'adapter' | 'imatrix';

/** A file of a source. */
export interface SourceFile {
  /** Relative to the source's folder. */
  readonly name: string;
  readonly path: string;
  readonly size: number;
}

/** What converting reads of a model's folder: configuration, tokenizer, templates, weights, the model card. */
const modelFile = /\.(json|safetensors|bin|pt|pth|model|txt|jinja)$|^README\.md$/i;
const adapterFile = /^adapter_(config|model)\b.*\.(json|safetensors|bin)$/;
const weightsFile = /\.(bin|pt|pth)$/i;
/** A published model has a few hundred files at most. */
const maximumFiles = 20_000;

/** The files that a source consists of. Throws `io/not-found` for a path that is not there or holds nothing to read. */
export async function listSourceFiles(path: string, role: SourceRole): Promise<SourceFile[]> {
  const status = await stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  if (!status.isDirectory()) {
    return Promise.all(partNames(basename(path)).map((name) => describeFile(dirname(path), name)));
  }
  const pattern = role === 'adapter' ? adapterFile : modelFile;
  const names = (await filesIn(path)).filter((name) => pattern.test(name));
  // Where both are there, safetensors are what is read (openCheckpoint); hashing the others would double the work.
  const read = names.some((name) => /^(adapter_)?model.*\.safetensors$/.test(name))
    ? names.filter((name) => !weightsFile.test(name))
    : names;
  const nested = role === 'base' ? await nestedFiles(path) : [];
  if (read.length === 0) {
    throw new StudioError(
      'io/not-found',
      `${path} holds no ${role === 'adapter' ? 'adapter' : 'model'}.`,
      {
        hint:
          role === 'adapter'
            ? 'Give a PEFT folder (adapter_config.json and adapter_model.safetensors) or a GGUF LoRA.'
            : 'Give a Hugging Face folder (config.json, tokenizer files, weights) or a GGUF file.',
      },
    );
  }
  return Promise.all([...read, ...nested].sort().map((name) => describeFile(path, name)));
}

/**
 * Content hash of a source's files. A single file has its own SHA-256; several have that of the lines
 * `<sha256>  <name>`, names sorted (what `sha256sum` prints, hashed).
 */
export async function hashSourceFiles(
  files: readonly SourceFile[],
  options: FileHashOptions = {},
): Promise<string> {
  const lines: string[] = [];
  for (const file of files) {
    const sha256 = await hashFile(file.path, options);
    if (files.length === 1) return sha256;
    lines.push(`${sha256}  ${file.name}\n`);
  }
  return createHash('sha256').update(lines.join('')).digest('hex');
}

/** The content hash where every file's is remembered; undefined when something would have to be read. */
export async function knownSourceHash(files: readonly SourceFile[]): Promise<string | undefined> {
  const hashes = await Promise.all(files.map(({ path }) => knownFileHash(path)));
  if (hashes.includes(undefined)) return undefined;
  // Every file is remembered: hashing them reads memories only.
  return hashSourceFiles(files);
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw toIoError(error, folder);
  });
  if (entries.length > maximumFiles) {
    throw new StudioError('format/limit', `${folder} has ${entries.length} entries.`, {
      hint: 'Give the folder of one model, not the one that holds them all.',
    });
  }
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => entry.name);
}

/** All parts of a split GGUF, whichever of them was given. */
function partNames(name: string): string[] {
  const split = parseSplitName(name);
  if (split === undefined || split.count > limits.ggufParts) return [name];
  return Array.from({ length: split.count }, (_, index) =>
    splitFileName(split.prefix, index, split.count),
  );
}

/** Sentence embedding models keep their pooling in `1_Pooling/config.json`, some models more templates. */
async function nestedFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const names = await Promise.all(
    folders.map(async ({ name }) => {
      const files = await filesIn(join(folder, name));
      return files
        .filter((file) => file === 'config.json' || file.endsWith('.jinja'))
        .map((file) => `${name}/${file}`);
    }),
  );
  return names.flat();
}

async function describeFile(folder: string, name: string): Promise<SourceFile> {
  const path = join(folder, name);
  const status = await stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  return { name, path, size: status.size };
}
