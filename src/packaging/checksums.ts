// SHA256SUMS as sha256sum writes and reads it (`sha256sum -c SHA256SUMS`): a hash, two spaces, a path relative to it.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { toIoError } from '#src/io/io-error.ts';
import { writeFileAtomically } from '#src/io/write-file-atomically.ts';

export const checksumsName = 'SHA256SUMS';
/** A package of 1,000 parents has some 200 kB. */
const maximumBytes = 16 << 20;
const maximumLines = 100_000;

/** By path, `/` between folders. */
export type Checksums = ReadonlyMap<string, string>;

/** Lines sorted by path, so that the same files give the same text. */
export function formatChecksums(checksums: Checksums): string {
  return [...checksums]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([path, sha256]) => `${sha256}  ${path}\n`)
    .join('');
}

/** Throws `package/invalid` with the line that is none. */
export function parseChecksums(text: string, label: string): Checksums {
  const checksums = new Map<string, string>();
  const lines = text.split(/\r?\n/);
  if (lines.length > maximumLines) {
    throw new StudioError('package/invalid', `${label} has ${lines.length} lines, far more than a package has files.`); // prettier-ignore
  }
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const match = /^([0-9a-fA-F]{64}) [ *](.+)$/.exec(line);
    const [, sha256, path] = match ?? [];
    if (sha256 === undefined || path === undefined) {
      throw new StudioError('package/invalid', `${label}, line ${index + 1} is no checksum.`, {
        hint: 'A line is a SHA-256, two spaces and a path; write the file anew by packaging again.',
      });
    }
    checksums.set(path, sha256.toLowerCase());
  }
  return checksums;
}

/** Undefined where there is no such file. Throws `package/invalid` and I/O errors. */
export async function readChecksums(folder: string): Promise<Checksums | undefined> {
  const path = join(folder, checksumsName);
  const status = await stat(path).catch(() => undefined);
  if (status?.isFile() !== true) return undefined;
  if (status.size > maximumBytes) {
    throw new StudioError('package/invalid', `${path} has ${status.size} bytes, too many for checksums.`); // prettier-ignore
  }
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw toIoError(error, path);
  });
  return parseChecksums(text, path);
}

/** Writes the file where its text changes. Gives whether it was current. */
export async function writeChecksums(folder: string, checksums: Checksums): Promise<boolean> {
  return writeIfChanged(join(folder, checksumsName), formatChecksums(checksums));
}

/**
 * Brings the lines of small texts (router.json, README.md) up to date, after they were edited on purpose: whoever saves a
 * manifest of a package calls this. Does nothing in a folder without SHA256SUMS.
 */
export async function refreshChecksums(folder: string, names: readonly string[]): Promise<void> {
  const checksums = await readChecksums(folder);
  if (checksums === undefined) return;
  const next = new Map(checksums);
  for (const name of names) {
    if (next.has(name)) next.set(name, await hashFile(join(folder, name), { always: true }));
  }
  await writeChecksums(folder, next);
}

/** Writes a text where it is not there already; gives whether it was. */
export async function writeIfChanged(path: string, text: string): Promise<boolean> {
  const there = await readFile(path, 'utf8').catch(() => undefined);
  if (there === text) return true;
  await writeFileAtomically(path, text);
  return false;
}
