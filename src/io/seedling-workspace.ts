// The embedded default (design section 9): the Seedling models and adapters as a workspace of the user's own, copied from
// the package at first use, so that every command works offline on a fresh machine.
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { cp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';
import { makeFolder } from './make-folder.ts';
import { packageRoot } from './package-root.ts';
import { studioHome } from './studio-home.ts';
import { openWorkspace, workspaceFileName, type Workspace } from './workspace.ts';

/**
 * The Seedling workspace in `$GGUF_STUDIO_HOME/seedling`, copied there when it is missing. Two processes at once both get
 * the same whole folder. What the user changed in it is never touched. Throws `output/exists` for a folder of that name
 * that is not a workspace.
 */
export async function ensureSeedlingWorkspace(home = studioHome()): Promise<Workspace> {
  const folder = join(home, 'seedling');
  const existing = await openIfThere(folder);
  if (existing !== undefined) return existing;
  const partial = `${folder}.${randomUUID().slice(0, 8)}.partial`;
  try {
    await copyShippedFiles(partial);
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another process was faster, or something else has the name.
    const other = await openIfThere(folder);
    if (other !== undefined) return other;
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOTDIR')
      throw toIoError(error, folder);
    throw new StudioError(
      'output/exists',
      `${folder} exists, but is no workspace (no ${workspaceFileName}).`,
      {
        hint: 'Move it away, or set GGUF_STUDIO_HOME to another folder.',
        cause: error,
      },
    );
  }
  return openWorkspace(folder);
}

async function openIfThere(folder: string): Promise<Workspace | undefined> {
  return openWorkspace(folder).catch((error: unknown) => {
    if (error instanceof StudioError && error.code === 'io/not-found') return undefined;
    throw error;
  });
}

async function copyShippedFiles(target: string): Promise<void> {
  const root = packageRoot();
  await makeFolder(dirname(target));
  // Where the file system can share blocks, the copy costs no space.
  const options = { recursive: true, mode: constants.COPYFILE_FICLONE };
  await cp(join(root, 'assets', 'seedling'), target, options);
  await cp(join(root, 'configs', 'model_mapping.json'), join(target, 'model_mapping.json'));
  await cp(join(root, 'configs', 'schemas'), join(target, 'schemas'), options);
  // The prompts that the recipe's families take their routes' examples from.
  await cp(join(root, 'configs', 'routing'), join(target, 'routing'), options);
  const workspace = {
    $schema: 'schemas/workspace.schema.json',
    version: 1,
    name: 'Seedling',
    mapping: 'model_mapping.json',
    outputs: 'outputs',
  };
  await writeFile(join(target, workspaceFileName), `${JSON.stringify(workspace, null, 2)}\n`);
}
