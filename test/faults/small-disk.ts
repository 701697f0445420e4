// A small disk that is full or read-only when a test says so: a tmpfs, which only root may mount (CI may).
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const mount = (...words: string[]) => spawnSync('mount', words, { encoding: 'utf8' });

/** Whether this user can make a small disk. */
export function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'gguf-studio-mount-'));
  const { status } = mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder);
  if (status === 0) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
  return status === 0;
}

export interface SmallDisk {
  /** An empty one, in place of the one that was there. */
  mount(kibibytes: number): void;
  /** Never below what it holds. */
  resize(kibibytes: number): void;
  makeReadOnly(isReadOnly: boolean): void;
  usedKibibytes(): number;
  remove(): void;
}

/** The system's own words where it refuses. */
export function smallDiskAt(path: string): SmallDisk {
  let isMounted = false;
  const ask = (...words: string[]) => {
    const { status, stderr } = mount(...words);
    if (status !== 0) throw new Error(`mount ${words.join(' ')}: ${stderr}`);
  };
  const unmount = () => {
    // Lazily: a host that has just been ended may still look at it.
    if (isMounted) spawnSync('umount', ['-l', path]);
    isMounted = false;
  };
  return {
    mount(kibibytes) {
      unmount();
      mkdirSync(path, { recursive: true });
      ask('-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', path);
      isMounted = true;
    },
    resize: (kibibytes) => ask('-o', `remount,size=${kibibytes}k`, path),
    makeReadOnly: (isReadOnly) => ask('-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, path),
    usedKibibytes: () => Number(spawnSync('df', ['-k', '--output=used', path], { encoding: 'utf8' }).stdout.split('\n')[1]), // prettier-ignore
    remove: unmount,
  };
}
