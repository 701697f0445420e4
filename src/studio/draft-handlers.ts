// Unsaved edits of the canvases and manifests of the open workspace. Ids last one process, so a draft remembers its file's
// path. A draft belongs to the window that keeps it: while that one lives, no other is offered it, and none overwrites it.
import { randomUUID } from 'node:crypto';
import { StudioError } from '#src/errors/studio-error.ts';
import { openDraftStore, type DraftStore } from '#src/io/draft-store.ts';
import { isAnotherHere, thisProcess } from '#src/io/process-owner.ts';
import type { StudioHandlers } from './studio-platform.ts';
import type { StudioParts } from './studio-parts.ts';

export function draftHandlers({
  files,
  home,
  workspace,
}: StudioParts): StudioHandlers<'keepDraft' | 'dropDraft' | 'listDrafts'> {
  const stores = new Map<string, DraftStore>();
  const names = createDraftNames();
  const store = () => {
    const { folder } = workspace();
    const opened = stores.get(folder) ?? openDraftStore(home, folder);
    stores.set(folder, opened);
    return opened;
  };
  return {
    async keepDraft({ file, document, ...draft }, { connection }) {
      const path = file === undefined ? {} : { path: await files.pathOf(file) };
      const kept = {
        ...draft,
        ...path,
        document: names.hold(document, connection),
        changedAt: Date.now(),
        owner: thisProcess(),
      };
      await store()
        .keep(kept)
        .catch((error: unknown) => {
          throw notKept(draft.title, home, error);
        });
      return null;
    },
    async dropDraft({ document }, { connection }) {
      await store().drop(names.release(document, connection));
      return null;
    },
    async listDrafts(_params, { connection }) {
      const drafts = await store().list();
      const free = drafts.filter(
        ({ document, owner }) =>
          !names.isHeldByAnother(document, connection) &&
          (owner === undefined || !isAnotherHere(owner)),
      );
      return Promise.all(
        free.map(async ({ path, owner, ...draft }) => {
          void owner;
          // Its recipe may lie where nobody may look any more; the edits are kept as those of a new one.
          const allowed = path !== undefined && (await files.allows(path).catch(() => false));
          return { ...draft, ...(allowed ? { file: files.reference(path).id } : {}) };
        }),
      );
    },
  };
}

/** Said beside the canvas, where the draft's own path and "do it again" mean nothing. */
function notKept(title: string, home: string, error: unknown): unknown {
  if (!(error instanceof StudioError) || !error.code.startsWith('io/')) return error;
  const why = error.code === 'io/disk-full' ? `the disk of ${home} is full.` : error.message;
  return new StudioError(
    error.code,
    `Unsaved edits of "${title}" are in this window alone, and a crash would lose them: ${why}`,
    { hint: 'Save them, or make room: they are kept again by themselves.', cause: error },
  );
}

interface DraftNames {
  /** The name under which a window's canvas is kept: its own, or a new one where another window holds that. */
  hold(document: string, window: AbortSignal | undefined): string;
  /** The name that it was kept under; free from now on. */
  release(document: string, window: AbortSignal | undefined): string;
  isHeldByAnother(name: string, window: AbortSignal | undefined): boolean;
}

/** Two windows of one studio may have the same recipe open: their canvases have the same name, their edits do not. */
function createDraftNames(): DraftNames {
  const holders = new Map<string, AbortSignal>();
  const namesOf = new WeakMap<AbortSignal, Map<string, string>>();
  const isHeldByAnother = (name: string, window: AbortSignal | undefined) => {
    const holder = holders.get(name);
    return holder !== undefined && holder !== window && !holder.aborted;
  };
  const nameOf = (document: string, window: AbortSignal) => {
    const names = namesOf.get(window) ?? new Map<string, string>();
    namesOf.set(window, names);
    const known = names.get(document);
    if (known !== undefined && !isHeldByAnother(known, window)) return known;
    const name = isHeldByAnother(document, window) ? randomUUID() : document;
    names.set(document, name);
    return name;
  };
  return {
    isHeldByAnother,
    hold(document, window) {
      if (window === undefined) return document;
      const name = nameOf(document, window);
      for (const [held, holder] of holders) if (holder.aborted) holders.delete(held);
      holders.set(name, window);
      return name;
    },
    release(document, window) {
      if (window === undefined) return document;
      const name = nameOf(document, window);
      if (holders.get(name) === window) holders.delete(name);
      return name;
    },
  };
}
