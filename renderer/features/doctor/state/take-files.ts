// Files on their way to the Doctor: picked, dropped, or handed over by another screen. One file is checked at once; a folder,
// or several files, become a batch.
import { StudioError } from '#src/errors/studio-error.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import { idsOfDrag } from '#renderer/stores/dragged-files.ts';
import { pickFile } from '#renderer/stores/picker-store.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { notify } from '#renderer/ui/notify.ts';
import { useDoctor } from './doctor-store.ts';
import { startBatch } from './run-batch.ts';
import { checkFile } from './run-check.ts';

export async function pickToCheck(): Promise<void> {
  const file = await pickFile(
    'any',
    'Choose a file to check, or a folder to check all of its models',
  );
  if (file !== undefined) await takeFiles([file.id]);
}

export async function pickFolderToCheck(): Promise<void> {
  const folder = await pickFile('model-folder', 'Choose a folder of models to check');
  if (folder !== undefined) await takeFolder(folder);
}

export async function takeFolder(folder: FileReference): Promise<void> {
  useDoctor.setState({ view: 'folder' });
  await startBatch(folder.path, () => studio().call('listModelFiles', { folder: folder.id }));
}

/** Ids of files and folders: a folder stands for the models in it. */
export async function takeFiles(ids: readonly string[]): Promise<void> {
  try {
    const lists = await Promise.all(
      ids.map((id) => studio().call('listModelFiles', { folder: id })),
    );
    const files = lists.flat();
    const [first] = files;
    if (first === undefined) {
      notify.error({
        message: 'No model file was found there.',
        hint: 'The Doctor lists .gguf files of a folder; a file with another name can be chosen by itself.',
      });
    } else if (files.length === 1) await checkFile(first);
    else {
      useDoctor.setState({ view: 'folder' });
      await startBatch(`${files.length} files`, () => Promise.resolve(files));
    }
  } catch (error) {
    notify.error(error);
  }
}

/** A drop on the screen: from the library, or from the system where it tells paths. */
export async function takeDrop(transfer: DataTransfer): Promise<void> {
  const ids = idsOfDrag(transfer);
  if (ids !== undefined) return takeFiles(ids);
  const { pathsOf } = studio();
  try {
    if (pathsOf === undefined) {
      throw new StudioError(
        'file/not-allowed',
        'A browser does not say where a dropped file lies.',
        {
          hint: 'Choose it with "Choose a file": the studio checks files where they are.',
        },
      );
    }
    const dropped = await pathsOf([...transfer.files]);
    if (dropped.length > 0) await takeFiles(dropped);
  } catch (error) {
    notify.error(error);
  }
}
