// Unsaved edits of the canvases of the open workspace. Ids last one process, so a draft remembers its recipe's path.
import { openDraftStore, type DraftStore } from '#src/io/draft-store.ts';
import type { StudioHandlers } from './studio-platform.ts';
import type { StudioParts } from './studio-parts.ts';

export function draftHandlers({
  files,
  home,
  workspace,
}: StudioParts): StudioHandlers<'keepDraft' | 'dropDraft' | 'listDrafts'> {
  const stores = new Map<string, DraftStore>();
  const store = () => {
    const { folder } = workspace();
    const opened = stores.get(folder) ?? openDraftStore(home, folder);
    stores.set(folder, opened);
    return opened;
  };
  return {
    async keepDraft({ file, ...draft }) {
      const path = file === undefined ? {} : { path: await files.pathOf(file) };
      await store().keep({ ...draft, ...path, changedAt: Date.now() });
      return null;
    },
    async dropDraft({ document }) {
      await store().drop(document);
      return null;
    },
    async listDrafts() {
      const drafts = await store().list();
      return Promise.all(
        drafts.map(async ({ path, ...draft }) => {
          // Its recipe may lie where nobody may look any more; the edits are kept as those of a new one.
          const allowed = path !== undefined && (await files.allows(path).catch(() => false));
          return { ...draft, ...(allowed ? { file: files.reference(path).id } : {}) };
        }),
      );
    },
  };
}
