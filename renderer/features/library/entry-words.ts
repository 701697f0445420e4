// Library entries in words: kinds, what the memory holds, what can be done with them.
import type { LibraryKind } from '#src/contract/library.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { formatCount } from '#src/text/format-number.ts';

export const kindWords: Readonly<Record<LibraryKind, string>> = {
  base: 'Base',
  gguf: 'GGUF',
  adapter: 'Adapter',
  imatrix: 'Imatrix',
  companion: 'Companion',
  broken: 'Cannot be read',
};

export const kindPlurals: Readonly<Record<LibraryKind, string>> = {
  base: 'Bases',
  gguf: 'GGUFs',
  adapter: 'Adapters',
  imatrix: 'Imatrices',
  companion: 'Companions',
  broken: 'Cannot be read',
};

export const fitWords = {
  fits: { word: 'fits', tone: 'ok', says: 'It fits into the memory that is free now.' },
  tight: {
    word: 'tight',
    tone: 'warn',
    says: 'It fits only when other programs give memory back.',
  },
  'too-large': {
    word: 'too large',
    tone: 'bad',
    says: 'It needs more memory than this machine has.',
  },
} as const;

/** Bytes that running it takes; undefined when that cannot be told. */
export function memoryNeeded(entry: Pick<LibraryEntry, 'memory'>): number | undefined {
  const { memory } = entry;
  return memory === undefined
    ? undefined
    : memory.weightsBytes + memory.cacheBytes + memory.computeBytes;
}

/** `3.21 B`, `135 M`, `4.2 M`: three digits, as model names have it. */
export function formatParameters(count: number): string {
  for (const [unit, size] of [
    ['T', 1e12],
    ['B', 1e9],
    ['M', 1e6],
    ['K', 1e3],
  ] as const) {
    if (count >= size * 0.9995) {
      const value = count / size;
      return `${value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)} ${unit}`;
    }
  }
  return formatCount(count);
}

/** What llama.cpp can talk with. */
export function canChat(entry: LibraryEntry): boolean {
  return entry.kind === 'gguf' && (entry.role === undefined || entry.role === 'chat');
}

export function canBuildFrom(entry: LibraryEntry): boolean {
  return entry.kind === 'base' || entry.kind === 'gguf' || entry.kind === 'adapter';
}

/** What the Doctor looks into: single files, whatever they turn out to be; a Hugging Face folder is none. */
export function canCheck({ kind, path }: Pick<LibraryEntry, 'kind' | 'path'>): boolean {
  return kind !== 'base' || /\.gguf$/i.test(path);
}

/** The window that it is used with, else the trained one. */
export function contextOf(entry: LibraryEntry): number | undefined {
  return entry.contextWindow ?? entry.contextLength;
}

/** `healthcare / conditions`. */
export function domainOf(entry: LibraryEntry): string | undefined {
  if (entry.domain === undefined) return undefined;
  return entry.subdomain === undefined ? entry.domain : `${entry.domain} / ${entry.subdomain}`;
}

/** The folder that it lies in, as recipes write it: `adapters-gpt2`; empty at the top of the workspace. */
export function placeOf(entry: Pick<LibraryEntry, 'file'>): string {
  const parts = entry.file.recipePath.split(/[\\/]/);
  return parts.slice(0, -1).join('/');
}
