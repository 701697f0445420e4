// What a user does with columns: add, choose a model, move, duplicate, remove. Models are loaded by the next prompt.
import type { ColumnModel } from '#src/contract/conversation.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { shortName } from '../logic/column-name.ts';
import {
  addColumns,
  maximumColumns,
  moveColumn,
  removeColumn,
  setColumnModel,
  setColumnOptions,
  type Column,
} from '../logic/conversation-changes.ts';
import { columnModelOf, modelName, otherLevels } from '../logic/model-groups.ts';
import { newIdentifier, runtimeOf, setRuntime, useChat } from './chat-store.ts';
import { rememberFile, unload } from './column-runner.ts';
import { change, changeWithUndo } from './conversation-keeper.ts';

/** How many more columns the conversation takes. */
export function roomForColumns(): number {
  return maximumColumns - useChat.getState().conversation.columns.length;
}

export function addModels(models: readonly ColumnModel[], after?: string): void {
  const added = models.map((model): Column => ({ id: newIdentifier(), model, turns: [] }));
  change((conversation) => addColumns(conversation, added, after));
}

export function addEntries(entries: readonly LibraryEntry[], after?: string): void {
  for (const { file } of entries) rememberFile(file);
  addModels(entries.map(columnModelOf), after);
}

/** One column per file, from another screen; an empty conversation takes them, else they join the open one. */
export async function addFiles(files: readonly FileReference[]): Promise<void> {
  const entries = await readLibrary();
  for (const file of files) {
    rememberFile(file);
    const known = entries.find((entry) => entry.file.id === file.id);
    if (known !== undefined) addEntries([known]);
    else addModels([await modelOfFile(file)]);
  }
}

/** A file that the library does not list: its header tells the level. */
export async function modelOfFile(file: FileReference): Promise<ColumnModel> {
  const [entry] = await studio()
    .call('addToLibrary', { files: [file.id] })
    .catch(() => []);
  if (entry !== undefined) return columnModelOf(entry);
  return { path: file.recipePath, name: modelName(file), adapters: [] };
}

/** The other levels of a column's model, as columns right of it. */
export async function addOtherLevels(column: Column): Promise<number> {
  if (column.model === null) return 0;
  const { model } = column;
  const present = new Set(
    useChat.getState().conversation.columns.map((other) => other.model?.name),
  );
  const entries = otherLevels(await readLibrary(), model).filter(
    (entry) => !present.has(modelName(entry)),
  );
  for (const { file } of entries) rememberFile(file);
  addModels(
    entries.map((entry) => ({
      ...columnModelOf(entry),
      // The same adapters, so that only the level differs.
      adapters: model.adapters.filter(
        (adapter) =>
          !('bundled' in adapter) ||
          entry.bundledAdapters.some(({ name }) => name === adapter.bundled),
      ),
    })),
    column.id,
  );
  return entries.length;
}

export function chooseModel(id: string, model: ColumnModel): void {
  change((conversation) => setColumnModel(conversation, id, model));
  setRuntime(id, { phase: 'not-loaded', loaded: undefined, loadedKey: undefined });
}

export function duplicate(column: Column): void {
  change((conversation) =>
    addColumns(conversation, [{ ...column, id: newIdentifier() }], column.id),
  );
}

export function move(id: string, step: number): void {
  change((conversation) => moveColumn(conversation, id, step));
}

export function remove(column: Column): void {
  unload(column.id);
  changeWithUndo(`Removed column ${shortName(column.model)}.`, (conversation) =>
    removeColumn(conversation, column.id),
  );
  useChat.setState(({ target }) => ({ target: target === column.id ? 'all' : target }));
}

export function setOptions(
  id: string,
  options: { contextSize: number | undefined; gpuLayers: number | 'auto' | undefined },
): void {
  change((conversation) => setColumnOptions(conversation, id, options));
  setRuntime(id, { ...runtimeOf(id), phase: 'not-loaded' });
}

let reading: Promise<readonly LibraryEntry[]> | undefined;

/** The library's entries, read anew; calls at the same time share one reading. */
export function readLibrary(): Promise<readonly LibraryEntry[]> {
  reading ??= (async () => {
    const entries: LibraryEntry[] = [];
    try {
      await studio().call(
        'listLibrary',
        {},
        {
          onEvent: ({ entry }) => {
            entries.push(entry);
          },
        },
      );
      useChat.setState({ library: entries, libraryProblem: undefined });
    } catch (libraryProblem) {
      useChat.setState({ library: entries, libraryProblem });
    } finally {
      reading = undefined;
    }
    return entries;
  })();
  return reading;
}
