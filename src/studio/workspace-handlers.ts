// Opening workspaces and choosing model folders. Each answers the whole state, which every window gets as well.
import { stat } from 'node:fs/promises';
import type { StudioState } from '#src/contract/studio/state.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import {
  createWorkspaceIn,
  openSeedlingWorkspace,
  openWorkspaceFolder,
  type OpenedWorkspace,
} from './open-workspace.ts';
import type { StudioHandlers } from './studio-platform.ts';
import type { StudioParts } from './studio-parts.ts';

type WorkspaceMethods =
  | 'openWorkspace'
  | 'createWorkspace'
  | 'openSeedlingWorkspace'
  | 'addModelFolder'
  | 'removeModelFolder'
  | 'declineOfferedFolder'
  | 'changeSettings';

export interface WorkspaceActions {
  /** Makes another workspace the open one and tells every window. */
  readonly use: (workspace: OpenedWorkspace) => Promise<void>;
  /** Tells every window the state, and gives it. */
  readonly tellState: () => Promise<StudioState>;
}

/** Lists of paths: they decide what may be opened, so the window cannot write them. */
const pathLists = ['modelFolders', 'declinedFolders', 'recentWorkspaces', 'addedFiles'] as const;

export function workspaceHandlers(
  { files, home, settings, watchers }: StudioParts,
  { use, tellState }: WorkspaceActions,
): StudioHandlers<WorkspaceMethods> {
  const useAndTell = async (workspace: OpenedWorkspace) => {
    await use(workspace);
    watchers.send({ event: 'library-changed' });
    return tellState();
  };
  return {
    openWorkspace: async ({ folder }) =>
      useAndTell(await openWorkspaceFolder(await files.pathOf(folder), home)),
    createWorkspace: async ({ folder, name }) =>
      useAndTell(await createWorkspaceIn(await files.pathOf(folder), name, home)),
    openSeedlingWorkspace: async () => useAndTell(await openSeedlingWorkspace(home)),
    async addModelFolder({ folder }) {
      const path = await files.pathOf(folder);
      const status = await stat(path).catch((error: unknown) => {
        throw toIoError(error, path);
      });
      if (!status.isDirectory()) {
        throw new StudioError('io/not-found', `${path} is a file, a folder was expected.`, {
          hint: 'Add single files to the library by dropping them into the window.',
        });
      }
      const { modelFolders, declinedFolders } = settings.current;
      await settings.change({
        modelFolders: [...new Set([...modelFolders, path])],
        declinedFolders: declinedFolders.filter((declined) => declined !== path),
      });
      watchers.send({ event: 'library-changed' });
      return tellState();
    },
    async removeModelFolder({ folder }) {
      const path = await files.pathOf(folder);
      const { modelFolders } = settings.current;
      await settings.change({ modelFolders: modelFolders.filter((known) => known !== path) });
      watchers.send({ event: 'library-changed' });
      return tellState();
    },
    async declineOfferedFolder({ folder }) {
      const path = await files.pathOf(folder);
      const { declinedFolders } = settings.current;
      await settings.change({ declinedFolders: [...new Set([...declinedFolders, path])] });
      return tellState();
    },
    async changeSettings({ changes }) {
      for (const name of pathLists) refuseNewPaths(name, changes[name], settings.current[name]);
      const changed = await settings.change(changes);
      await tellState();
      return changed;
    },
  };
}

function refuseNewPaths(name: string, value: unknown, known: readonly string[]): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value) && value.every((path) => known.includes(path as string))) return;
  throw new StudioError('settings/invalid', `New folders cannot be written into "${name}".`, {
    hint: 'Add them with the button for it; entries can be removed here.',
  });
}
