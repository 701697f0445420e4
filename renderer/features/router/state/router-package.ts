// The family as a package: verified as a job, exported as texts.
import { notify } from '#renderer/ui/notify.ts';
import { saveFile } from '#renderer/stores/save-file.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import type { StudioParams, StudioResult } from '#renderer/studio-client.ts';
import { openManifestNow, useRouter } from './router-store.ts';

export type ExportFormat = StudioParams<'exportRouter'>['format'];
export type Exported = StudioResult<'exportRouter'>;

/** Starts the job; what it finds is shown in the Server panel. */
export async function verifyPackage(): Promise<void> {
  const document = openManifestNow();
  if (document === undefined) return;
  try {
    const job = await studio().call('verifyPackage', { file: document.file.id });
    // Shown where it was asked for; the jobs' list has it, too.
    useRouter.setState({ verifyJob: { file: document.file.id, job: job.id }, tab: 'server' });
  } catch (error) {
    notify.error(error);
  }
}

export function exportFor(file: string, format: ExportFormat): Promise<Exported> {
  return studio().call('exportRouter', { file, format });
}

/** Saves where the user chooses; a browser downloads. */
export async function saveText(name: string, text: string): Promise<void> {
  try {
    const file = await saveFile(name, text);
    if (file !== undefined) notify.success(`Saved ${file.path}`);
  } catch (error) {
    notify.error(error);
  }
}

export interface SaveToFolder {
  readonly file: string;
  readonly format: ExportFormat;
  readonly folder: string;
  readonly overwrite: boolean;
}

/** Writes the texts and all that they name into a folder of their own; `onPhase` is told what is done. */
export function saveToFolder(
  params: SaveToFolder,
  signal: AbortSignal,
  onPhase: (text: string) => void,
): Promise<StudioResult<'saveExport'>> {
  return studio().call('saveExport', params, {
    signal,
    onEvent: ({ phase, detail }) => onPhase(detail === undefined ? phase : `${phase} ${detail}`),
  });
}
