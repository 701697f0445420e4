// What can be done with an entry, for the details' buttons and the row's menu.
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { offerFiles } from '#renderer/stores/dragged-files.ts';
import { handOver } from '#renderer/stores/navigation-store.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import { copyText } from '#renderer/ui/copy-button.tsx';
import { confirm } from '#renderer/ui/dialog.tsx';
import type { MenuItem } from '#renderer/ui/menu.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { canBuildFrom, canChat, canCheck } from './entry-words.ts';

export function chatWith(entry: LibraryEntry): void {
  handOver({ to: 'chat', files: [entry.file] });
}

export function addToWorkflow(entry: LibraryEntry): void {
  handOver(
    entry.kind === 'adapter'
      ? { to: 'workflow', addAdapter: entry.file }
      : { to: 'workflow', addBase: entry.file },
  );
}

/** Lets the Doctor look for what is wrong with it. */
export function checkEntry(entry: LibraryEntry): void {
  handOver({ to: 'doctor', files: [entry.file] });
}

/** Lets an entry be dragged onto the canvas; false for what no recipe can read. */
export function dragEntry(entry: LibraryEntry, transfer: DataTransfer): boolean {
  if (!canBuildFrom(entry) && entry.kind !== 'imatrix') return false;
  offerFiles(transfer, [entry.file]);
  return true;
}

export function showInFolder(entry: LibraryEntry): void {
  studio()
    .call('showInFolder', { file: entry.file.id })
    .catch((error: unknown) => notify.error(error));
}

export const addedByHand = 'Added by hand';

export async function removeEntry(entry: LibraryEntry): Promise<void> {
  const yes = await confirm({
    title: `Remove ${entry.name} from the library?`,
    text: 'The studio only forgets it. The file stays where it is.',
    action: 'Remove from library',
  });
  if (!yes) return;
  try {
    await studio().call('removeFromLibrary', { file: entry.file.id });
  } catch (error) {
    notify.error(error);
  }
}

/** The same actions as a menu. */
export function entryMenu(entry: LibraryEntry): readonly MenuItem[] {
  const desktop = useStudio.getState().state?.mode === 'desktop';
  return [
    ...(canChat(entry) ? [{ label: 'Chat', onSelect: () => chatWith(entry) }] : []),
    ...(canBuildFrom(entry)
      ? [{ label: 'Add to workflow', onSelect: () => addToWorkflow(entry) }]
      : []),
    ...(canChat(entry)
      ? [
          {
            label: 'Compare',
            onSelect: () => handOver({ to: 'compare', files: [entry.file] }),
          },
        ]
      : []),
    ...(canCheck(entry) ? [{ label: 'Check', onSelect: () => checkEntry(entry) }] : []),
    { separator: true },
    ...(desktop ? [{ label: 'Show in folder', onSelect: () => showInFolder(entry) }] : []),
    { label: 'Copy path', onSelect: () => void copyText(entry.file.path) },
    ...(entry.foundIn === addedByHand
      ? [{ label: 'Remove from library…', onSelect: () => void removeEntry(entry) }]
      : []),
  ];
}
