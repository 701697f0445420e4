// The unfinished importance matrix beside its output: what was added up so far and what that covers, so that a run that was
// killed goes on where it was. An importance matrix itself, with two entries more; never under the output's name.
import { z } from 'zod';
import {
  entryString,
  entryValue,
  float64ArrayEntry,
  stringEntry,
} from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { ImatrixEntry, ImatrixSums } from '#src/formats/imatrix/imatrix-sums.ts';
import { readImatrixSums } from '#src/formats/imatrix/read-imatrix-sums.ts';
import { encodeGgufImatrix } from '#src/formats/imatrix/write-gguf-imatrix.ts';
import { compareCodePoints } from '#src/formats/bytes/utf8.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { writeFileAtomically } from '#src/io/write-file-atomically.ts';

const progressKey = 'gguf_studio.imatrix.progress';
const countsKey = 'gguf_studio.imatrix.counts';

const progressSchema = z.object({
  version: z.literal(1),
  /** Hash of everything that decides the matrix. */
  plan: z.string(),
  /** Steps of the plan that are added up. */
  steps: z.int().min(0),
});

export interface ImatrixState {
  readonly entries: Map<string, ImatrixEntry>;
  readonly steps: number;
}

/** Replaces the state at `path` in one step. Throws `io/*`. */
export async function writeImatrixState(
  path: string,
  matrix: ImatrixSums,
  progress: { readonly plan: string; readonly steps: number },
): Promise<void> {
  const names = [...matrix.entries.keys()].sort(compareCodePoints);
  // The tensors of counts are F32, which is exact to 16 million only.
  const counts = names.flatMap((name) => [...matrix.entries.get(name)!.counts]);
  const extra = [
    stringEntry(progressKey, JSON.stringify({ version: 1, ...progress })),
    float64ArrayEntry(countsKey, counts),
  ];
  await writeFileAtomically(path, encodeGgufImatrix(matrix, extra));
}

/** The state at `path`; `other` for one of another plan or that cannot be read, undefined when there is none. */
export async function readImatrixState(
  path: string,
  plan: string,
): Promise<ImatrixState | 'other' | undefined> {
  try {
    const source = await openFileByteSource(path);
    try {
      const { metadata } = await readGgufHeader(source);
      const text = entryString(metadata, progressKey) ?? '';
      const progress = progressSchema.parse(JSON.parse(text));
      if (progress.plan !== plan) return 'other';
      const { entries } = await readImatrixSums(source);
      const counts = entryValue(metadata, countsKey);
      if (counts?.type !== 'array' || counts.elementType !== 'float64') return 'other';
      const restored = withCounts(entries, Float64Array.from(counts.value));
      return restored === undefined ? 'other' : { entries: restored, steps: progress.steps };
    } finally {
      await source.close();
    }
  } catch (error) {
    if (error instanceof StudioError && error.code === 'io/not-found') return undefined;
    return 'other';
  }
}

function withCounts(
  entries: ReadonlyMap<string, ImatrixEntry>,
  counts: Float64Array,
): Map<string, ImatrixEntry> | undefined {
  let at = 0;
  const restored = new Map<string, ImatrixEntry>();
  for (const name of [...entries.keys()].sort(compareCodePoints)) {
    const entry = entries.get(name)!;
    restored.set(name, { ...entry, counts: counts.slice(at, at + entry.counts.length) });
    at += entry.counts.length;
  }
  return at === counts.length ? restored : undefined;
}
