// Puts a damaged file and what lies beside it into a folder of its own.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DamagedFile } from './damage-kind.ts';

/** Gives the file's path. */
export function placeFile(folder: string, made: DamagedFile | Uint8Array, name: string): string {
  const file = made instanceof Uint8Array ? { bytes: made } : made;
  mkdirSync(folder, { recursive: true });
  for (const [other, bytes] of Object.entries(file.beside ?? {})) {
    writeFileSync(join(folder, other), bytes);
  }
  const path = join(folder, file.name ?? `${name}.gguf`);
  writeFileSync(path, file.bytes);
  return path;
}
