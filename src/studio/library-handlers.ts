// The library: what the factory finds in the workspace, the model folders and among single files, with an id, where it was
// found and whether this machine can hold it. Nothing is copied, nothing is remembered: the disk is the truth.
import { dirname, resolve } from 'node:path';
import type { LibraryItem } from '#src/contract/library.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { isInside } from '#src/io/is-inside.ts';
import { foldersToWatch } from './folders-to-watch.ts';
import { createLibraryWatch } from './library-watch.ts';
import { measureMemory, type MemoryReading } from './measure-memory.ts';
import type { StudioParts } from './studio-parts.ts';
import type { StudioHandlers } from './studio-platform.ts';

type LibraryMethods =
  | 'listLibrary'
  | 'addToLibrary'
  | 'removeFromLibrary'
  | 'inspect'
  | 'renderChatTemplate'
  | 'checkAdapters';

export interface LibraryPart {
  readonly handlers: StudioHandlers<LibraryMethods>;
  dispose(): void;
}

/** What a folder is called in the library. */
export type FolderName = (path: string) => string;

const addedByHand = 'Added by hand';

export function libraryPart(parts: StudioParts, nameOfFolder: FolderName): LibraryPart {
  const { files, hosts, settings, watchers, workspace } = parts;
  const { factory } = hosts;
  const watch = createLibraryWatch(() => watchers.send({ event: 'library-changed' }));

  /** Longest first, so that a model folder inside the workspace names what lies in it. */
  const folders = () =>
    [workspace().folder, ...settings.current.modelFolders].sort((a, b) => b.length - a.length);
  const foundIn = (path: string) => {
    const folder = folders().find((candidate) => isInside(candidate, path));
    if (folder === undefined) return addedByHand;
    return folder === workspace().folder ? 'Workspace' : nameOfFolder(folder);
  };
  const entryOf = (item: LibraryItem, memory: MemoryReading): LibraryEntry => {
    const fits = fitsMemory(item, memory);
    return {
      ...item,
      file: files.reference(item.path),
      foundIn: foundIn(item.path),
      ...(fits === undefined ? {} : { fitsMemory: fits }),
    };
  };
  /** The entries of something that was added: itself, or what is in it. */
  const describeAdded = async (path: string, signal: AbortSignal): Promise<LibraryItem[]> => {
    const own = await factory
      .call('describeModel', { path }, { signal })
      .catch((error: unknown) => {
        if (signal.aborted || !(error instanceof StudioError)) throw error;
        return error;
      });
    if (!(own instanceof StudioError) && own.kind !== 'broken') return [own];
    const inside: LibraryItem[] = [];
    await factory
      .call('scanModels', { folders: [path] }, { signal, onEvent: ({ item }) => inside.push(item) })
      .catch(() => undefined);
    if (inside.length > 0) return inside;
    if (own instanceof StudioError) throw own;
    return [own];
  };

  return {
    dispose: () => watch.close(),
    handlers: {
      async listLibrary(_params, { signal, emit }) {
        const start = performance.now();
        const began = Date.now();
        const memory = await measureMemory();
        const listed = new Set<string>();
        const folderSet = new Set<string>(folders());
        const send = (item: LibraryItem) => {
          if (listed.has(item.path)) return;
          listed.add(item.path);
          // A new folder beside the item's own is seen in the one above.
          const above = dirname(dirname(item.path));
          folderSet.add(dirname(item.path));
          if (folders().some((folder) => isInside(folder, above))) folderSet.add(above);
          emit({ event: 'entry', entry: entryOf(item, memory) });
        };
        await factory.call(
          'scanModels',
          { folders: folders() },
          { signal, onEvent: ({ item }) => send(item) },
        );
        for (const path of settings.current.addedFiles) {
          if (signal.aborted) break;
          // One that is gone is left out; it comes back with its disk.
          const items = await describeAdded(path, signal).catch(() => []);
          for (const item of items) send(item);
        }
        watch.follow(await foldersToWatch(folders(), folderSet), began);
        return { entries: listed.size, seconds: (performance.now() - start) / 1000 };
      },
      async addToLibrary({ files: given }, { signal }) {
        const memory = await measureMemory();
        const entries: LibraryEntry[] = [];
        const added = new Set(settings.current.addedFiles);
        let firstProblem: Error | undefined;
        for (const id of given) {
          const path = await files.pathOf(id);
          try {
            const items = await describeAdded(path, signal);
            entries.push(...items.map((item) => entryOf(item, memory)));
            if (!folders().some((folder) => isInside(folder, path))) added.add(path);
          } catch (error) {
            // Of a drop of many files, those that are models are added.
            if (signal.aborted || !(error instanceof Error)) throw error;
            firstProblem ??= error;
          }
        }
        if (entries.length === 0 && firstProblem !== undefined) throw firstProblem;
        if (added.size > settings.current.addedFiles.length) {
          await settings.change({ addedFiles: [...added] });
          watchers.send({ event: 'library-changed' });
        }
        return entries;
      },
      async removeFromLibrary({ file }) {
        const path = await files.pathOf(file);
        const { addedFiles } = settings.current;
        const left = addedFiles.filter((added) => !isInside(resolve(added), path));
        if (left.length === addedFiles.length) {
          throw new StudioError(
            'file/not-allowed',
            `${path} was not added by hand: it lies in ${foundIn(path)}.`,
            {
              hint: 'Remove the model folder from the library, or move the file away.',
            },
          );
        }
        await settings.change({ addedFiles: left });
        watchers.send({ event: 'library-changed' });
        return null;
      },
      inspect: async ({ file }, { signal }) =>
        factory.call('inspect', { path: await files.pathOf(file) }, { signal }),
      renderChatTemplate: async ({ file }, { signal }) =>
        factory.call('renderChatTemplate', { path: await files.pathOf(file) }, { signal }),
      async checkAdapters({ base, adapters }, { signal }) {
        const basePath = await files.pathOf(base);
        const paths =
          adapters === undefined
            ? await findAdapters(signal)
            : await Promise.all(adapters.map((id) => files.pathOf(id)));
        const fits = await factory.call(
          'checkAdapters',
          { base: basePath, adapters: paths.slice(0, 1000) },
          { signal },
        );
        return fits.map((fit) => ({ ...fit, file: files.reference(fit.adapter).id }));
      },
    },
  };

  async function findAdapters(signal: AbortSignal): Promise<string[]> {
    const found = new Set<string>();
    const take = (item: LibraryItem) => {
      if (item.kind === 'adapter') found.add(item.path);
    };
    await factory.call(
      'scanModels',
      { folders: folders() },
      { signal, onEvent: ({ item }) => take(item) },
    );
    for (const path of settings.current.addedFiles) {
      for (const item of await describeAdded(path, signal).catch(() => [])) take(item);
    }
    return [...found];
  }
}

/** Weights, a context of the usual size and the working buffers, against what is free now and what the machine has. */
function fitsMemory({ memory }: LibraryItem, machine: MemoryReading): LibraryEntry['fitsMemory'] {
  if (memory === undefined) return undefined;
  const needed = memory.weightsBytes + memory.cacheBytes + memory.computeBytes;
  if (needed <= machine.freeMemoryBytes) return 'fits';
  return needed <= machine.memoryBytes * 0.9 ? 'tight' : 'too-large';
}
