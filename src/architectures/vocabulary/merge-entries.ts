// The order of metadata as gguf-py's writer keeps it (gguf_writer.py, add_key_value): unlike gguf_set_val, a key that is
// already there keeps its place and gets the new value.
import type { GgufEntry } from '#src/formats/gguf/types.ts';

export function mergeEntries(...lists: readonly (readonly GgufEntry[])[]): GgufEntry[] {
  const merged = new Map<string, GgufEntry>();
  for (const entry of lists.flat()) merged.set(entry.key, entry);
  return [...merged.values()];
}
