// What settings, palette and the native menu do with workspaces.
import type { StudioState } from '#src/contract/studio/state.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import { pickFile } from '#renderer/stores/picker-store.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { notify } from '#renderer/ui/notify.ts';

/** Asks for a folder with a workspace and opens it. */
export async function chooseWorkspace(): Promise<void> {
  const folder = await pickFile('workspace', 'Open a workspace');
  if (folder !== undefined) await openWorkspace(folder);
}

export async function openWorkspace(folder: FileReference): Promise<void> {
  await told(studio().call('openWorkspace', { folder: folder.id }));
}

async function told(change: Promise<StudioState>): Promise<void> {
  try {
    const { workspace } = await change;
    notify.success(`The workspace "${workspace.name}" is open.`);
  } catch (error) {
    notify.error(error);
  }
}
