// `inspect`: headers only, no native code.
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { openFolder } from '#src/io/folder.ts';
import { toIoError } from '#src/io/io-error.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { inspectFile } from '#src/stages/inspect/inspect-file.ts';
import { inspectFolder } from '#src/stages/inspect/inspect-folder.ts';

export const inspect: Handlers<FactoryContract>['inspect'] = async ({ path }) => {
  const status = await stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  if (status.isDirectory()) return inspectFolder(await openFolder(path), path);
  const source = await openFileByteSource(path);
  try {
    const openSibling = (fileName: string) => openFileByteSource(join(dirname(path), fileName));
    return await inspectFile(source, path, openSibling);
  } finally {
    await source.close();
  }
};
