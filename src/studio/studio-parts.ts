// What the files of src/studio share: the open workspace, the settings, the hosts, the files that may be named.
import { StudioError } from '#src/errors/studio-error.ts';
import type { StudioHosts } from './studio-hosts.ts';
import type { SettingsKeeper } from './settings-keeper.ts';
import type { StudioFiles } from './studio-files.ts';
import type { StudioPlatform } from './studio-platform.ts';
import type { Watchers } from './watchers.ts';
import type { OpenedWorkspace } from './open-workspace.ts';

export interface StudioParts {
  readonly platform: StudioPlatform;
  /** The studio's own folder. */
  readonly home: string;
  readonly files: StudioFiles;
  readonly settings: SettingsKeeper;
  readonly hosts: StudioHosts;
  readonly watchers: Watchers;
  /** The open workspace; another one after openWorkspace. */
  readonly workspace: () => OpenedWorkspace;
}

/** Throws when nothing can be saved in the open workspace. */
export function refuseReadOnly(workspace: OpenedWorkspace): void {
  if (workspace.readOnly === undefined) return;
  throw new StudioError('io/failed', workspace.readOnly, {
    hint: 'Open a workspace on a disk that can be written, or change the permissions and open this one again.',
  });
}
