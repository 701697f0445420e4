// A disk of a few megabytes, to be filled or made read-only. Tests run as root in containers, where permissions hold nobody
// back: a file system of its own does.
import { spawnSync } from 'node:child_process';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface SmallDisk {
  /** Leaves about so many bytes free (0: none at all). */
  fill(leaving: number): Promise<void>;
  makeRoom(): Promise<void>;
  makeReadOnly(): void;
  remove(): void;
}

/** Mounts one at `path`; where this user may not (most of all outside Linux), says why. */
export async function mountSmallDisk(
  path: string,
  megabytes: number,
): Promise<SmallDisk | { readonly missing: string }> {
  await mkdir(path, { recursive: true });
  const mounted = mount(['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
  if (mounted !== undefined) return { missing: `no disk can be mounted here: ${mounted}` };
  const filler = join(path, 'filler.bin');
  return {
    async fill(leaving) {
      const { bavail, bsize } = await statfs(path);
      const bytes = Math.max(0, bavail * bsize - leaving);
      await writeFile(filler, Buffer.alloc(bytes), { flag: 'a' });
    },
    makeRoom: () => rm(filler, { force: true }),
    makeReadOnly() {
      const problem = mount(['-o', 'remount,ro', path]);
      if (problem !== undefined) throw new Error(problem);
    },
    remove() {
      // Lazily: a process that was just ended may hold a file for a moment.
      spawnSync('umount', ['-l', path]);
    },
  };
}

/** Undefined when it worked, else the reason. */
function mount(words: readonly string[]): string | undefined {
  if (process.platform !== 'linux') return process.platform;
  const { status, stderr, error } = spawnSync('mount', words, { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}
