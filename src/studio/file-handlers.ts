// Choosing files: the in-app picker, paths that were typed, and the system's own dialogs where there are any.
import { mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { PickPurpose } from '#src/contract/studio/files.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import { listFolder, listRoots } from './list-folder.ts';
import { pickableFile, pickableFolder } from './pickable.ts';
import type { StudioFiles } from './studio-files.ts';
import type { StudioHandlers } from './studio-platform.ts';
import type { StudioParts } from './studio-parts.ts';

/** Real models have a few dozen. */
const mostParts = 500;

type FileMethods =
  | 'listFolder'
  | 'resolvePath'
  | 'makeFolder'
  | 'pickWithSystemDialog'
  | 'showInFolder'
  | 'saveTextAs';

export function fileHandlers({
  files,
  platform,
  workspace,
}: StudioParts): StudioHandlers<FileMethods> {
  return {
    async listFolder({ folder, purpose }, { signal }) {
      if (folder === null) return listRoots(files, purpose);
      return listFolder(files, await files.pathOf(folder), purpose, signal);
    },
    async resolvePath({ path, purpose }) {
      const absolute = typedPath(path, workspace().folder);
      const reference = await files.admit(absolute);
      const status = await stat(absolute).catch((error: unknown) => {
        throw toIoError(error, absolute);
      });
      const { selectable } = status.isDirectory()
        ? await pickableFolder(absolute, purpose)
        : pickableFile(reference.name, purpose);
      if (selectable) return reference;
      throw new StudioError('file/not-allowed', `${absolute} is no ${wanted[purpose]}.`, {
        hint: 'Give the path of one, or look for it in the list.',
      });
    },
    async makeFolder({ parent, name }) {
      const path = join(await files.pathOf(parent), plainName(name));
      await mkdir(path).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw toIoError(error, path);
        throw new StudioError('output/exists', `${path} exists already.`, {
          hint: 'Choose it, or give the new folder another name.',
          cause: error,
        });
      });
      return files.admit(path);
    },
    async pickWithSystemDialog({ purpose, title }) {
      if (platform.pick === undefined) {
        throw onlyOnDesktop("The system's own dialog", 'Use the list of folders here.');
      }
      return allowPicked(files, await platform.pick(purpose, title));
    },
    async showInFolder({ file }) {
      const path = await files.pathOf(file);
      if (platform.showInFolder === undefined) {
        throw onlyOnDesktop('The file manager', `The file is ${path}.`);
      }
      await stat(path).catch((error: unknown) => {
        throw toIoError(error, path);
      });
      platform.showInFolder(path);
      return null;
    },
    async saveTextAs({ suggestedName, text, encoding }) {
      if (platform.saveText === undefined) {
        throw onlyOnDesktop("The system's own dialog", 'Download the text with the browser.');
      }
      const path = await platform.saveText(
        plainName(suggestedName),
        encoding === 'utf8' ? text : Buffer.from(text, 'base64'),
      );
      if (path === undefined) return null;
      await files.allow(path);
      return files.admit(path);
    },
  };
}

/** What a picker is opened for, in words. */
const wanted: Readonly<Record<PickPurpose, string>> = {
  workspace: 'folder',
  'model-folder': 'folder',
  base: 'Hugging Face model folder (with config.json) and no GGUF',
  adapter: 'adapter folder (with adapter_config.json) and no GGUF',
  gguf: 'GGUF',
  imatrix: 'importance matrix (.gguf or .dat)',
  recipe: 'recipe (.json)',
  'output-folder': 'folder',
  any: 'file or folder',
};

/** Lets files that the user picked or dropped be named. A recipe brings its folder: its relative paths start there. */
export async function allowPicked(
  files: StudioFiles,
  paths: readonly string[],
): Promise<ReturnType<StudioFiles['reference']>[]> {
  for (const path of paths) {
    if (!isAbsolute(path)) continue;
    await files.allow(/\.recipe\.json$/i.test(path) ? resolve(path, '..') : path);
    for (const part of partsOf(path)) await files.allow(part);
  }
  return Promise.all(paths.filter((path) => isAbsolute(path)).map((path) => files.admit(path)));
}

/** The other parts of a split GGUF: whoever picks one means the whole. */
function partsOf(path: string): string[] {
  const [, start, count] = /^(.*-)\d{5}-of-(\d{5})\.gguf$/i.exec(path) ?? [];
  if (start === undefined || count === undefined) return [];
  const number = Math.min(Number(count), mostParts);
  return Array.from(
    { length: number },
    (_none, index) => `${start}${String(index + 1).padStart(5, '0')}-of-${count}.gguf`,
  );
}

/** A name that somebody typed as one part of a path. Throws `file/not-allowed`. */
export function plainName(name: string): string {
  const trimmed = name.trim();
  const isPlain =
    trimmed !== '' &&
    trimmed !== '.' &&
    trimmed !== '..' &&
    trimmed.length <= 200 &&
    !/[/\\:*?"<>|\u0000-\u001f\u007f]/.test(trimmed);
  if (isPlain) return trimmed;
  throw new StudioError(
    'file/not-allowed',
    `"${name.slice(0, 200)}" cannot be the name of a file.`,
    {
      hint: 'Use letters, digits, spaces and - _ . ( ), without folders.',
    },
  );
}

/** `~` is the user's home; relative paths start at the workspace. */
function typedPath(path: string, workspaceFolder: string): string {
  const trimmed = path.trim().replace(/^file:\/\/(?=\/)/, '');
  if (trimmed.includes('\0') || trimmed === '') {
    throw new StudioError('io/not-found', 'This is no path.', { hint: 'Type the path of a file.' });
  }
  if (trimmed === '~' || /^~[/\\]/.test(trimmed)) return join(homedir(), trimmed.slice(1));
  return resolve(workspaceFolder, trimmed);
}

function onlyOnDesktop(what: string, hint: string): StudioError {
  return new StudioError('studio/not-here', `${what} cannot be opened from a browser.`, { hint });
}
