// Adding to the library: picked files and folders, drops on the desktop (where they lie), and uploads from a browser, which
// takes adapters, texts and recipes, but no models.
import { StudioError } from '#src/errors/studio-error.ts';
import { loadLibrary } from '#renderer/stores/library-store.ts';
import { pickFile, pickFiles } from '#renderer/stores/picker-store.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { notify } from '#renderer/ui/notify.ts';
import { selectEntry, useLibraryView, type Upload } from './library-state.ts';
import { filesOfDrop, refusalOf, type DroppedFile } from './dropped-files.ts';

export async function pickModels(): Promise<void> {
  const files = await pickFiles('any', 'Add models to the library');
  if (files.length > 0) await addFiles(files.map(({ id }) => id));
}

export async function pickModelFolder(): Promise<void> {
  const folder = await pickFile('model-folder', 'Add a model folder');
  if (folder === undefined) return;
  try {
    await studio().call('addModelFolder', { folder: folder.id });
    notify.success(`Models in ${folder.path} are now in the library.`);
  } catch (error) {
    notify.error(error);
  }
}

async function addFiles(ids: readonly string[]): Promise<void> {
  try {
    const entries = await studio().call('addToLibrary', { files: [...ids] });
    notify.success(
      entries.length === 1 && entries[0] !== undefined
        ? `${entries[0].name} is in the library.`
        : `${entries.length} entries are in the library.`,
    );
    if (entries.length === 1) selectEntry(entries[0]);
  } catch (error) {
    notify.error(error);
  }
}

/** What was dropped on the window. */
export async function takeDrop(transfer: DataTransfer): Promise<void> {
  const { pathsOf } = studio();
  try {
    if (pathsOf !== undefined) {
      const ids = await pathsOf([...transfer.files]);
      if (ids.length > 0) await addFiles(ids);
      return;
    }
    await uploadAll(await filesOfDrop(transfer));
  } catch (error) {
    notify.error(error);
  }
}

async function uploadAll(files: readonly DroppedFile[]): Promise<void> {
  for (const file of files) {
    const refusal = refusalOf(file);
    if (refusal !== undefined) notify.error(refusal);
  }
  const accepted = files.filter((file) => refusalOf(file) === undefined);
  let done = 0;
  for (const file of accepted) {
    try {
      await upload(file);
      done++;
    } catch (error) {
      notify.error(error);
    }
  }
  if (done > 0) {
    notify.success(`${done === 1 ? 'One file was' : `${done} files were`} added to the workspace.`);
    await loadLibrary();
  }
}

/** Bytes of a piece: base64 makes 4 of 3, and a message stays below the contract's limit. */
const pieceBytes = 768 * 1024;

async function upload({ file, name }: DroppedFile): Promise<void> {
  const id = crypto.randomUUID();
  const show = (done: number) => {
    const mine: Upload = { name, done, total: file.size };
    useLibraryView.setState(({ uploads }) => ({
      uploads: [...uploads.filter((other) => other.name !== name), mine],
    }));
  };
  try {
    let start = 0;
    do {
      show(start);
      const end = Math.min(file.size, start + pieceBytes);
      const base64 = await toBase64(file.slice(start, end));
      await studio().call('upload', { upload: id, name, base64, last: end === file.size });
      start = end;
    } while (start < file.size);
  } finally {
    useLibraryView.setState(({ uploads }) => ({
      uploads: uploads.filter((other) => other.name !== name),
    }));
  }
}

/** The browser's own encoder works off the main thread's path: no long task for a large piece. */
function toBase64(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      const address = reader.result as string;
      resolve(address.slice(address.indexOf(',') + 1));
    };
    reader.onerror = () =>
      reject(new StudioError('io/failed', 'The dropped file could not be read.'));
    reader.readAsDataURL(blob);
  });
}
