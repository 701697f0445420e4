// Files on their way from one screen to another by mouse: the library offers them, the canvas takes them, and the rail
// shows another screen when they are held over its name.
import type { FileReference } from '#src/contract/studio/files.ts';

/** JSON of file references; no other program offers this type. */
export const draggedFilesType = 'application/x-gguf-studio-files';

/** Fills a drag that begins. Other programs get the paths as text. */
export function offerFiles(transfer: DataTransfer, files: readonly FileReference[]): void {
  transfer.effectAllowed = 'copy';
  transfer.setData(draggedFilesType, JSON.stringify(files));
  transfer.setData('text/plain', files.map(({ path }) => path).join('\n'));
}

/** Whether something can be dropped on a canvas: files of the library, or of the system. */
export function carriesFiles(transfer: DataTransfer): boolean {
  return transfer.types.includes(draggedFilesType) || transfer.types.includes('Files');
}

/** Ids of the files of a drag from the library; undefined when it carries none. */
export function idsOfDrag(transfer: DataTransfer): readonly string[] | undefined {
  const text = transfer.getData(draggedFilesType);
  if (text === '') return undefined;
  const listed = JSON.parse(text) as readonly FileReference[];
  return listed.map(({ id }) => id);
}
