// SHA-256 of files, remembered: a 16 GB base is hashed once, not at every build. A memory counts only while device, inode,
// size and both times are what they were; anything else means hashing again.
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';
import { studioHome } from './studio-home.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

const stepBytes = 4 << 20;
/** A file changed this recently could change again within the same tick of its clock: not remembered. */
const settledMilliseconds = 50;

export interface FileHashOptions {
  /** Where memories are kept. */
  readonly folder?: string;
  /** Hash even when the file looks as it did. */
  readonly always?: boolean;
  readonly signal?: AbortSignal;
  /** Told the bytes that were hashed since the last call, or all of the file's when it was remembered. */
  readonly onBytes?: (count: number) => void;
}

interface Memory {
  readonly stamp: string;
  readonly sha256: string;
}

export function fileHashFolder(): string {
  return join(studioHome(), 'store', 'hashes');
}

/**
 * Lower-case hexadecimal SHA-256 of a file. Throws `io/not-found`, `io/failed` (also when the file changes while it is
 * read) and `signal.reason`.
 */
export async function hashFile(path: string, options: FileHashOptions = {}): Promise<string> {
  const folder = options.folder ?? fileHashFolder();
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw toIoError(error, path);
  });
  try {
    const before = await handle.stat({ bigint: true });
    if (!before.isFile()) throw new StudioError('io/not-found', `${path} is not a file.`);
    const memoryPath = join(folder, `${before.dev}-${before.ino}.json`);
    const known = options.always === true ? undefined : await readMemory(memoryPath);
    if (known?.stamp === stampOf(before)) {
      options.onBytes?.(Number(before.size));
      return known.sha256;
    }
    const sha256 = await hashHandle(handle, path, options);
    const after = await stat(path, { bigint: true }).catch((error: unknown) => {
      throw toIoError(error, path);
    });
    if (stampOf(after) !== stampOf(before)) {
      throw new StudioError('io/failed', `${path} changed while it was read.`, {
        hint: 'Wait until whatever writes it has finished, then run the same command again.',
      });
    }
    await remember(memoryPath, after, sha256);
    return sha256;
  } finally {
    await handle.close();
  }
}

/** The remembered hash of a file that is as it was then; nothing is read but a look at its times. */
export async function knownFileHash(
  path: string,
  folder = fileHashFolder(),
): Promise<string | undefined> {
  const status = await stat(path, { bigint: true }).catch(() => undefined);
  if (status === undefined) return undefined;
  const known = await readMemory(join(folder, `${status.dev}-${status.ino}.json`));
  return known?.stamp === stampOf(status) ? known.sha256 : undefined;
}

/** Remembers a hash that was computed while the file was written, so that it need not be read again. */
export async function rememberFileHash(
  path: string,
  sha256: string,
  folder = fileHashFolder(),
): Promise<void> {
  const status = await stat(path, { bigint: true });
  await remember(join(folder, `${status.dev}-${status.ino}.json`), status, sha256);
}

async function hashHandle(
  handle: FileHandle,
  path: string,
  { signal, onBytes }: FileHashOptions,
): Promise<string> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(stepBytes);
  for (let offset = 0; ;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle
      .read(buffer, 0, stepBytes, offset)
      .catch((error: unknown) => {
        throw toIoError(error, path);
      });
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    offset += bytesRead;
    onBytes?.(bytesRead);
  }
}

/** The change time tells of edits that set the modification time back. */
function stampOf({ size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${size}-${mtimeNs}-${ctimeNs}`;
}

async function readMemory(path: string): Promise<Memory | undefined> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Partial<Memory> | null;
    const { stamp, sha256 } = value ?? {};
    return typeof stamp === 'string' && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)
      ? { stamp, sha256 }
      : undefined;
  } catch {
    // Absent, torn or not ours: the file is hashed and the memory written anew.
    return undefined;
  }
}

async function remember(path: string, status: BigIntStats, sha256: string): Promise<void> {
  if (Date.now() - Number(status.mtimeMs) < settledMilliseconds) return;
  const memory: Memory = { stamp: stampOf(status), sha256 };
  // A full disk or a read-only home must not stop a build that needs neither.
  await writeFileAtomically(path, JSON.stringify(memory)).catch(() => undefined);
}
