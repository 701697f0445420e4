// Files that were dropped on the canvas, or handed over by another screen, become nodes: from the library's list by a
// reference, from the system through the preload (desktop) or an upload (browser).
import type { FileReference } from '#src/contract/studio/files.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { Position } from '#src/recipe/edit-nodes.ts';
import { notify } from '#renderer/ui/notify.ts';
import { idsOfDrag } from '#renderer/stores/dragged-files.ts';
import { useLibrary } from '#renderer/stores/library-store.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { addSource } from './canvas-actions.ts';
import { entryFits } from './canvas-library.ts';
import { activeRecipe, type SourceKind } from './canvas-store.ts';
import { openEmpty, openFile } from './document-files.ts';
import { writtenPath } from './recipe-folder.ts';

const pieceSize = 720_000;

export async function addDropped(data: DataTransfer, at: Position): Promise<void> {
  const files = [...data.files];
  try {
    const listed = idsOfDrag(data);
    if (listed !== undefined) {
      await addFiles(listed, at);
      return;
    }
    if (files.length === 0) return;
    const client = studio();
    const ids = client.pathsOf === undefined ? await uploadAll(files) : await client.pathsOf(files);
    await addFiles(ids, at);
  } catch (error) {
    notify.error(error);
  }
}

/** Adds nodes for files by what the library says that they are; recipes are opened. */
async function addFiles(ids: readonly string[], at: Position): Promise<void> {
  if (ids.length === 0) return;
  const entries = await entriesOf(ids);
  let { x, y } = at;
  for (const entry of entries) {
    const kind = kindOf(entry);
    if (kind === undefined) {
      notify.error(
        entry.problem ?? {
          message: `${entry.name} is no model, adapter or importance matrix.`,
          hint: 'Drop a Hugging Face folder, a PEFT folder, a GGUF or an imatrix.',
        },
      );
      continue;
    }
    addHandedOver(kind, entry.file, { x, y });
    x += 32;
    y += 144;
  }
}

/** What the library lists already is not added to it by hand. */
async function entriesOf(ids: readonly string[]): Promise<readonly LibraryEntry[]> {
  const known = new Map(useLibrary.getState().entries.map((entry) => [entry.file.id, entry]));
  const listed = ids.flatMap((id) => known.get(id) ?? []);
  return listed.length === ids.length ? listed : studio().call('addToLibrary', { files: [...ids] });
}

function kindOf(entry: LibraryEntry): SourceKind | undefined {
  return (['adapter', 'imatrix', 'base'] as const).find((kind) => entryFits(entry, kind));
}

/** Adds a node for a file; where no recipe is open, a new one is begun. */
export function addHandedOver(kind: SourceKind, file: FileReference, at?: Position): void {
  if (activeRecipe() === undefined) openEmpty();
  addSource(kind, writtenPath(file), at);
}

async function uploadAll(files: readonly File[]): Promise<string[]> {
  const ids: string[] = [];
  for (const file of files) {
    if (/\.recipe\.json$|\.json$/i.test(file.name)) {
      const reference = await upload(file);
      await openFile(reference);
    } else {
      ids.push((await upload(file)).id);
    }
  }
  return ids;
}

async function upload(file: File): Promise<FileReference> {
  const id = crypto.randomUUID();
  for (let offset = 0; ; offset += pieceSize) {
    const piece = new Uint8Array(await file.slice(offset, offset + pieceSize).arrayBuffer());
    const last = offset + pieceSize >= file.size;
    const answer = await studio().call('upload', {
      upload: id,
      name: file.name,
      base64: base64Of(piece),
      last,
    });
    if (!last) continue;
    if (answer !== null) return answer;
    throw new StudioError('internal', `${file.name} was sent, but the studio gave no answer.`);
  }
}

function base64Of(bytes: Uint8Array): string {
  let binary = '';
  for (let offset = 0; offset < bytes.length; offset += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(offset, offset + 0x8000));
  }
  return btoa(binary);
}
