import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hashFile, rememberFileHash } from '#src/io/file-hash.ts';

let folder: string;
const memories = () => join(folder, 'memories');
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'file-hash-'))));
afterEach(() => {
  vi.useRealTimers();
  return rm(folder, { recursive: true });
});

/** Writes a file that looks as if it was written a minute ago, so that its hash may be remembered. */
async function oldFile(content: Uint8Array | string): Promise<string> {
  const path = join(folder, 'x.bin');
  await writeFile(path, content);
  const then = Date.now() / 1000 - 60;
  await utimes(path, then, then);
  return path;
}
const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');

describe('hashing a file', () => {
  it('gives its SHA-256, also over several reads', async () => {
    const content = new Uint8Array(9_000_001).map((_, index) => index % 251);
    const counts: number[] = [];
    const found = await hashFile(await oldFile(content), {
      folder: memories(),
      onBytes: (n) => counts.push(n),
    });
    expect(found).toBe(sha256(content));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(content.length);
    expect(counts.length).toBeGreaterThan(2);
  });

  it('does not read a file again that looks as it did', async () => {
    const path = await oldFile('first');
    await hashFile(path, { folder: memories() });
    const [name] = await readdir(memories());
    const memory = join(memories(), name ?? '');
    const stored = JSON.parse(
      await (await import('node:fs/promises')).readFile(memory, 'utf8'),
    ) as { stamp: string };
    // A wrong hash in the memory comes back, which proves that the file was not read.
    await writeFile(memory, JSON.stringify({ ...stored, sha256: 'f'.repeat(64) }));
    expect(await hashFile(path, { folder: memories() })).toBe('f'.repeat(64));
    expect(await hashFile(path, { folder: memories(), always: true })).toBe(sha256('first'));
  });

  it('reads a file again whose content changed under the same size and time', async () => {
    const path = await oldFile('first');
    await hashFile(path, { folder: memories() });
    await oldFile('other');
    expect(await hashFile(path, { folder: memories() })).toBe(sha256('other'));
  });

  it('does not remember a file that was written just now, because it may change within the same tick', async () => {
    const path = await oldFile('x');
    const { mtimeMs } = await stat(path);
    // Hashing may take any time on a busy machine: the clock stands still.
    vi.useFakeTimers({ toFake: ['Date'], now: mtimeMs + 40 });
    await hashFile(path, { folder: memories() });
    await expect(readdir(memories())).rejects.toMatchObject({ code: 'ENOENT' });
    vi.setSystemTime(mtimeMs + 60);
    await hashFile(path, { folder: memories() });
    expect(await readdir(memories())).toHaveLength(1);
  });

  it('takes a hash that the writer knows already', async () => {
    const path = await oldFile('x');
    await rememberFileHash(path, 'e'.repeat(64), memories());
    expect(await hashFile(path, { folder: memories() })).toBe('e'.repeat(64));
  });

  it('ignores a memory that is damaged', async () => {
    const path = await oldFile('x');
    await hashFile(path, { folder: memories() });
    const [name = ''] = await readdir(memories());
    await writeFile(join(memories(), name), '{"stamp": 1');
    expect(await hashFile(path, { folder: memories() })).toBe(sha256('x'));
  });

  it('ends with the reason of the signal', async () => {
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(hashFile(await oldFile('x'), { folder: memories(), signal })).rejects.toThrow(
      'stop',
    );
  });

  it('names a file that is not there', async () => {
    await expect(hashFile(join(folder, 'none'), { folder: memories() })).rejects.toMatchObject({
      code: 'io/not-found',
    });
  });
});
