// The family as a package: verified as a job, exported as texts.
import { notify } from '#renderer/ui/notify.ts';
import { showJob } from '#renderer/stores/navigation-store.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import type { StudioParams, StudioResult } from '#renderer/studio-client.ts';
import { openManifestNow } from './router-store.ts';

export type ExportFormat = StudioParams<'exportRouter'>['format'];
export type Exported = StudioResult<'exportRouter'>;

/** Starts the job and shows it. */
export async function verifyPackage(): Promise<void> {
  const document = openManifestNow();
  if (document === undefined) return;
  try {
    const job = await studio().call('verifyPackage', { file: document.file.id });
    showJob(job.id);
  } catch (error) {
    notify.error(error);
  }
}

export function exportFor(file: string, format: ExportFormat): Promise<Exported> {
  return studio().call('exportRouter', { file, format });
}

/** Saves where the user chooses; a browser downloads. */
export async function saveText(name: string, text: string): Promise<void> {
  if (useStudio.getState().state?.mode === 'desktop') {
    try {
      const file = await studio().call('saveTextAs', { suggestedName: name, text });
      if (file !== null) notify.success(`Saved ${file.path}`);
    } catch (error) {
      notify.error(error);
    }
    return;
  }
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name.split('/').at(-1) ?? name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
