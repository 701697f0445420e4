// A ByteSource over a file on disk.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { checkRange, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';

/** A pipe without a writer would keep an open waiting for ever; Windows has no such flag. */
const flags = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK);

/** Opens a file for reading. Throws `io/not-found` or `io/failed`. */
export async function openFileByteSource(path: string): Promise<ByteSource> {
  const handle = await open(path, flags).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  const status = await handle.stat().catch(async (error: unknown) => {
    await handle.close();
    throw toIoError(error, path);
  });
  if (!status.isFile()) {
    await handle.close();
    throw new StudioError('io/not-found', `${path} is not a file.`, {
      hint: 'Give the path of a file.',
    });
  }
  const source: ByteSource = {
    label: path,
    size: status.size,
    async readInto(target, offset) {
      checkRange(source, offset, target.byteLength);
      let filled = 0;
      while (filled < target.byteLength) {
        // Linux reads at most 2 GiB per call, so a large slab takes several.
        const { bytesRead } = await handle
          .read(target, filled, Math.min(target.byteLength - filled, 1 << 30), offset + filled)
          .catch((error: unknown) => {
            throw toIoError(error, path);
          });
        // The file shrank after it was opened.
        if (bytesRead === 0)
          checkRange({ ...source, size: offset + filled }, offset, target.byteLength);
        filled += bytesRead;
      }
    },
    close: () => handle.close(),
  };
  return source;
}
