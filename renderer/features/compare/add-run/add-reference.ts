// Lets the user choose an unquantized model that the library does not have yet, and adds it there.
import { loadLibrary } from '#renderer/stores/library-store.ts';
import { pickFile } from '#renderer/stores/picker-store.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { notify } from '#renderer/ui/notify.ts';

/** `take` gets the file's id; it is not called when the user closed the dialog. */
export async function addReference(take: (id: string) => void): Promise<void> {
  const file = await pickFile('base', 'Choose the unquantized model');
  if (file === undefined) return;
  try {
    const [entry] = await studio().call('addToLibrary', { files: [file.id] });
    await loadLibrary();
    take(entry?.file.id ?? file.id);
  } catch (error) {
    notify.error(error);
  }
}
