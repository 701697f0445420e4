// The studio's state as windows show it, made anew whenever something in it changes.
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { StudioState } from '#src/contract/studio/state.ts';
import { openWorkspace } from '#src/io/workspace.ts';
import packageFile from '../../package.json' with { type: 'json' };
import type { FolderName } from './library-handlers.ts';
import type { OfferedFolder } from './offered-folders.ts';
import type { StudioParts } from './studio-parts.ts';

export interface StateSources extends StudioParts {
  readonly offered: () => readonly OfferedFolder[];
  readonly notices: () => readonly string[];
  readonly nameOfFolder: FolderName;
}

export async function describeState(sources: StateSources): Promise<StudioState> {
  const { files, platform, settings, offered, notices } = sources;
  const { current } = settings;
  const workspace = sources.workspace();
  const others = (await workspace.lock?.others()) ?? [];
  return {
    version: packageFile.version,
    mode: platform.mode,
    platform: process.platform,
    workspace: {
      folder: files.reference(workspace.folder),
      name: workspace.name,
      seedling: workspace.seedling,
      ...(workspace.readOnly === undefined ? {} : { readOnly: workspace.readOnly }),
      ...(others[0] === undefined ? {} : { alsoOpenIn: others[0] }),
    },
    recentWorkspaces: await Promise.all(
      current.recentWorkspaces.map(async (path) => {
        const recent = await openWorkspace(path).catch(() => undefined);
        const name = recent === undefined || recent.name === path ? basename(path) : recent.name;
        return { folder: files.reference(path), name, exists: recent !== undefined };
      }),
    ),
    modelFolders: await Promise.all(
      current.modelFolders.map(async (path) => ({
        folder: { ...files.reference(path), name: sources.nameOfFolder(path) },
        exists: await isFolder(path),
      })),
    ),
    offeredFolders: offered()
      .filter(({ path }) => !current.modelFolders.includes(path))
      .filter(({ path }) => !current.declinedFolders.includes(path))
      .map(({ path, what, models }) => ({ folder: files.reference(path), what, models })),
    settings: current,
    ...(notices().length === 0 ? {} : { notices: [...notices()] }),
  };
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}
