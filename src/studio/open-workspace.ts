// The one open workspace: its folder, whether it can be written, who else has it open. All windows of a studio share it.
import { access, constants } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { ensureSeedlingWorkspace } from '#src/io/seedling-workspace.ts';
import { openWorkspace, workspaceFileName, type Workspace } from '#src/io/workspace.ts';
import { takeWorkspaceLock, type WorkspaceLock } from '#src/io/workspace-lock.ts';
import { writeFileAtomically } from '#src/io/write-file-atomically.ts';

export interface OpenedWorkspace extends Workspace {
  readonly seedling: boolean;
  /** Why nothing can be saved in it. */
  readonly readOnly: string | undefined;
  readonly lock: WorkspaceLock | undefined;
}

/** Opens the workspace in a folder. Throws `io/not-found` when it is none, `recipe/invalid` for a broken one. */
export async function openWorkspaceFolder(folder: string, home: string): Promise<OpenedWorkspace> {
  const workspace = await openWorkspace(folder).catch((error: unknown) => {
    if (!(error instanceof StudioError) || error.code !== 'io/not-found') throw error;
    throw new StudioError('io/not-found', `${folder} is no workspace (no ${workspaceFileName}).`, {
      hint: 'Choose a folder that is one, or make it one: "Create a workspace…" in the settings.',
      cause: error,
    });
  });
  return lockWorkspace(workspace, home);
}

/** Opens the embedded workspace; copies it into the studio's home when it is missing. */
export async function openSeedlingWorkspace(home: string): Promise<OpenedWorkspace> {
  return lockWorkspace(await ensureSeedlingWorkspace(home), home);
}

/** Makes a folder a workspace. One that is a workspace already is opened as it is. */
export async function createWorkspaceIn(
  folder: string,
  name: string,
  home: string,
): Promise<OpenedWorkspace> {
  const file = join(folder, workspaceFileName);
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (!exists) {
    const content = { version: 1, name, mapping: 'model_mapping.json', outputs: 'outputs' };
    await writeFileAtomically(file, `${JSON.stringify(content, null, 2)}\n`);
  }
  return openWorkspaceFolder(folder, home);
}

async function lockWorkspace(workspace: Workspace, home: string): Promise<OpenedWorkspace> {
  const { folder } = workspace;
  const name = workspace.name === folder ? basename(folder) : workspace.name;
  const opened = { ...workspace, name, seedling: folder === join(home, 'seedling') };
  try {
    await access(folder, constants.W_OK);
    const lock = await takeWorkspaceLock(folder);
    return { ...opened, lock, readOnly: undefined };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be written';
    return {
      ...opened,
      lock: undefined,
      readOnly: `Nothing can be saved in ${folder}: ${readable(why)}`,
    };
  }
}

/** Node's text without the call that failed. */
function readable(message: string): string {
  const code = /\b(EROFS|EACCES|EPERM|ENOSPC)\b/.exec(message)?.[1];
  if (code === 'EROFS' || message.includes('read-only')) return 'the disk is read-only.';
  if (code === 'EACCES' || code === 'EPERM') return 'its permissions do not allow it.';
  if (code === 'ENOSPC' || message.startsWith('No space left')) return 'the disk is full.';
  return message;
}
