// Which entries of the library can stand for what in a run.
import type { LibraryEntry } from '#src/contract/studio/library.ts';

/** A Hugging Face folder, or a GGUF of 16 or 32 bits: what others are measured against. */
export function isUnquantized({ kind, type, role }: LibraryEntry): boolean {
  if (role !== undefined && role !== 'chat') return false;
  return kind === 'base' || (kind === 'gguf' && /^(?:B?F16|F32|MOSTLY_B?F16)$/i.test(type ?? ''));
}

/** Files that can be measured, those made from the reference first: same architecture and number of weights. */
export function measurable(
  library: readonly LibraryEntry[],
  reference: LibraryEntry | undefined,
  search: string,
): { readonly like: readonly LibraryEntry[]; readonly others: readonly LibraryEntry[] } {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = library
    .filter(
      (entry) =>
        entry.kind === 'gguf' &&
        entry.problem === undefined &&
        entry.file.id !== reference?.file.id &&
        words.every((word) =>
          `${entry.name} ${entry.type ?? ''} ${entry.domain ?? ''} ${entry.path}`
            .toLowerCase()
            .includes(word),
        ),
    )
    .sort((a, b) => b.bytes - a.bytes);
  const isLike = (entry: LibraryEntry) =>
    reference === undefined ||
    (entry.architecture === reference.architecture &&
      (entry.parameters === undefined ||
        reference.parameters === undefined ||
        Math.abs(entry.parameters - reference.parameters) / reference.parameters < 0.02));
  return { like: found.filter(isLike), others: found.filter((entry) => !isLike(entry)) };
}
