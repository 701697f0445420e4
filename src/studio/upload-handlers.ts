// Browser mode: files that were dropped arrive in pieces and go to `<workspace>/uploads` (recipes to the workspace itself), under a name of their own until the
// last piece is there. Nothing that exists is ever replaced.
import { constants, copyFile, link, open, rm, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import { makeFolder } from '#src/io/make-folder.ts';
import { plainName } from './file-handlers.ts';
import { refuseReadOnly, type StudioParts } from './studio-parts.ts';
import type { StudioHandlers } from './studio-platform.ts';

/** Adapters and texts; models are added where they are. */
const maximumBytes = 2 * 1024 ** 3;
const maximumPiece = 1 << 20;
const maximumUploads = 16;
/** An upload whose window is gone is forgotten after this many milliseconds. */
const patience = 10 * 60_000;

interface Upload {
  readonly partial: string;
  readonly target: string;
  /** Its name may get a number when it is taken; a file in a folder belongs to its siblings and keeps its own. */
  readonly mayRename: boolean;
  readonly handle: FileHandle;
  bytes: number;
  last: Promise<unknown>;
  timer: NodeJS.Timeout | undefined;
}

export interface UploadPart {
  readonly handlers: StudioHandlers<'upload'>;
  dispose(): Promise<void>;
}

export function uploadPart({ files, workspace }: StudioParts): UploadPart {
  const uploads = new Map<string, Promise<Upload>>();

  const begin = async (id: string, name: string): Promise<Upload> => {
    refuseReadOnly(workspace());
    const folder = join(workspace().folder, 'uploads');
    // A dropped adapter folder comes as `my-adapter/adapter_config.json`.
    const parts = name.split('/').map(plainName);
    if (parts.length > 4) {
      throw new StudioError('file/not-allowed', `"${name}" has too many folders.`, {
        hint: 'Drop the adapter folder itself.',
      });
    }
    // A recipe lies where its relative paths start.
    const isRecipe = parts.length === 1 && /\.recipe\.json$/i.test(name);
    const target = join(isRecipe ? workspace().folder : folder, ...parts);
    await files.admit(target);
    await makeFolder(dirname(target));
    await makeFolder(folder);
    const partial = join(folder, `.${id}.partial`);
    const handle = await open(partial, 'wx').catch((error: unknown) => {
      throw toIoError(error, partial);
    });
    return {
      partial,
      target,
      mayRename: parts.length === 1,
      handle,
      bytes: 0,
      last: Promise.resolve(),
      timer: undefined,
    };
  };
  const abandon = async (id: string) => {
    const upload = await uploads.get(id)?.catch(() => undefined);
    uploads.delete(id);
    if (upload === undefined) return;
    clearTimeout(upload.timer);
    await upload.handle.close().catch(() => undefined);
    await rm(upload.partial, { force: true }).catch(() => undefined);
  };
  const take = async (id: string, upload: Upload, piece: Buffer, last: boolean) => {
    clearTimeout(upload.timer);
    upload.timer = setTimeout(() => void abandon(id), patience);
    upload.timer.unref();
    if (upload.bytes + piece.length > maximumBytes) {
      throw new StudioError('studio/limit', `${parse(upload.target).base} is larger than 2 GiB.`, {
        hint: 'Copy it to the machine by hand and add it to the library there.',
      });
    }
    await upload.handle.write(piece).catch((error: unknown) => {
      throw toIoError(error, upload.target);
    });
    upload.bytes += piece.length;
    if (!last) return null;
    await upload.handle.sync();
    const path = await place(upload);
    await abandon(id);
    return files.admit(path);
  };

  return {
    handlers: {
      async upload({ upload: id, name, base64, last }) {
        const piece = Buffer.from(base64, 'base64');
        if (piece.length > maximumPiece) {
          throw new StudioError('studio/limit', 'A piece of an upload has more than 1 MiB.');
        }
        let begun = uploads.get(id);
        if (begun === undefined) {
          if (uploads.size >= maximumUploads) {
            throw new StudioError('studio/limit', `${uploads.size} uploads are running already.`, {
              hint: 'Wait until one of them has ended.',
            });
          }
          begun = begin(id, name);
          uploads.set(id, begun);
        }
        try {
          const upload = await begun;
          const result = upload.last.then(() => take(id, upload, piece, last));
          upload.last = result.catch(() => undefined);
          return await result;
        } catch (error) {
          await abandon(id);
          throw error;
        }
      },
    },
    async dispose() {
      await Promise.all([...uploads.keys()].map(abandon));
    },
  };
}

/** Gives the finished file its name, or the next free one. */
async function place({ partial, target, mayRename }: Upload): Promise<string> {
  const { dir, name, ext } = splitName(target);
  for (let number = 1; number <= 1000; number++) {
    const path = number === 1 ? target : join(dir, `${name}-${number}${ext}`);
    try {
      // A link fails where the name is taken, which a rename would not.
      await link(partial, path);
      await unlink(partial);
      return path;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP')
        return copyTo(partial, path);
      if (code !== 'EEXIST') throw toIoError(error, path);
      if (!mayRename) break;
    }
  }
  throw new StudioError('output/exists', `${target} exists already.`, {
    hint: 'Give the folder another name, or remove the one in the workspace.',
  });
}

/** Disks without links. */
async function copyTo(partial: string, path: string): Promise<string> {
  await copyFile(partial, path, constants.COPYFILE_EXCL).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  await unlink(partial);
  return path;
}

/** `x.recipe.json` is `x` and `.recipe.json`. */
function splitName(path: string): { dir: string; name: string; ext: string } {
  const { dir, base, name, ext } = parse(path);
  const recipe = /\.recipe\.json$/i.exec(base)?.[0];
  if (recipe === undefined) return { dir, name, ext };
  return { dir, name: base.slice(0, -recipe.length), ext: recipe };
}
