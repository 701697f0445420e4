// The library as the chat's model choice shows it: files that can chat, grouped by family, levels from many bits to few.
import type { ColumnModel } from '#src/contract/conversation.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { levels } from '#src/tensors/levels.ts';

export interface ModelGroup {
  /** `seedling-4m · healthcare`. */
  readonly title: string;
  readonly entries: readonly LibraryEntry[];
}

/** GGUFs that answer in words; an embedding or voice model does not. */
export function canChat(entry: LibraryEntry): boolean {
  return (
    entry.kind === 'gguf' &&
    (entry.role === undefined || entry.role === 'chat' || entry.role === 'other')
  );
}

/** File name without `.gguf` and the number of its part. */
export function modelName(entry: { name: string }): string {
  return entry.name.replace(/(-\d{5}-of-\d{5})?\.gguf$/i, '');
}

/** Name without its level: what siblings at other levels share. */
export function familyName(entry: { name: string; type?: string }): string {
  const name = modelName(entry);
  const level = entry.type;
  if (level === undefined) return name;
  const escaped = level.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const without = name.replace(new RegExp(`[-._ ]?${escaped}$`, 'i'), '');
  return without === '' ? name : without;
}

const ladder = Object.keys(levels);

/** Rank from many bits to few; unknown types first, as they are whole-precision ones. */
export function levelRank(level: string | undefined): number {
  return level === undefined ? -1 : ladder.indexOf(level.toUpperCase());
}

/** Groups with the open workspace's files first, then by name; within one, levels from many bits to few. */
export function groupModels(entries: readonly LibraryEntry[], search: string): ModelGroup[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, LibraryEntry[]>();
  for (const entry of entries) {
    if (!canChat(entry)) continue;
    const searched =
      `${entry.name} ${entry.domain ?? ''} ${entry.subdomain ?? ''} ${entry.type ?? ''} ${entry.architecture ?? ''} ${entry.foundIn}`.toLowerCase();
    if (!words.every((word) => searched.includes(word))) continue;
    const title = familyName(entry);
    groups.set(title, [...(groups.get(title) ?? []), entry]);
  }
  return [...groups]
    .map(([title, members]) => ({
      title,
      entries: members.sort(
        (left, right) =>
          levelRank(left.type) - levelRank(right.type) || left.name.localeCompare(right.name),
      ),
    }))
    .sort(
      (left, right) =>
        Number(isBuilt(right.entries)) - Number(isBuilt(left.entries)) ||
        left.title.localeCompare(right.title),
    );
}

/** Built here: its domain is in its metadata. */
function isBuilt(entries: readonly LibraryEntry[]): boolean {
  return entries.some(({ domain }) => domain !== undefined);
}

/** The other levels of a file's family, many bits first. */
export function otherLevels(
  entries: readonly LibraryEntry[],
  file: { name: string; level?: string },
): LibraryEntry[] {
  const family = familyName({
    name: file.name,
    ...(file.level === undefined ? {} : { type: file.level }),
  });
  return (
    groupModels(entries, '')
      .find(({ title }) => title === family)
      ?.entries.filter((entry) => modelName(entry) !== modelName(file)) ?? []
  );
}

/** Sets of columns to start with: built families with several levels first, at most `count`. */
export function suggestions(entries: readonly LibraryEntry[], count: number): ModelGroup[] {
  return groupModels(entries, '')
    .map(({ title, entries: members }) => ({ title, entries: spread(members, 3) }))
    .sort(
      (left, right) =>
        Number(isBuilt(right.entries)) - Number(isBuilt(left.entries)) ||
        right.entries.length - left.entries.length,
    )
    .slice(0, count);
}

/** At most `count` entries, evenly over the ladder, both ends kept. */
function spread(entries: readonly LibraryEntry[], count: number): LibraryEntry[] {
  if (entries.length <= count) return [...entries];
  return Array.from({ length: count }, (_, index) => {
    const at = Math.round((index * (entries.length - 1)) / (count - 1));
    return entries[at];
  }).filter((entry) => entry !== undefined);
}

/** A column's model from a library entry; of a bundle, its first adapter: without one it is the base alone. */
export function columnModelOf(entry: LibraryEntry): ColumnModel {
  return {
    path: entry.file.recipePath,
    name: modelName(entry),
    ...(entry.type === undefined ? {} : { level: entry.type }),
    adapters: entry.bundledAdapters.slice(0, 1).map(({ name }) => ({ bundled: name, scale: 1 })),
  };
}
