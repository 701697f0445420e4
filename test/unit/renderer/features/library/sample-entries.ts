// Library entries for tests; only what a test names differs from the plain one.
import type { LibraryEntry } from '#src/contract/studio/library.ts';

let count = 0;

export function sampleEntry(part: Partial<LibraryEntry> = {}): LibraryEntry {
  const name = part.name ?? `model-${++count}`;
  const path = part.path ?? `/models/${name}.gguf`;
  return {
    path,
    name,
    kind: 'gguf',
    format: 'GGUF',
    bytes: 1000,
    bundledAdapters: [],
    modified: 0,
    foundIn: 'Workspace',
    file: { id: `id-${name}`.padEnd(8, '0'), name, path, recipePath: path },
    ...part,
  };
}
