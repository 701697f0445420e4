// Unsaved edits outlive the window: kept as drafts while the user works, offered again after a crash, asked about before the
// window is closed.
import type { RecipeDraft } from '#src/contract/studio/recipes.ts';
import { confirm } from '#renderer/ui/dialog.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { createDraftKeeper } from '#renderer/stores/draft-keeper.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { readDraft, writeDraft } from '../logic/drafted-manifest.ts';
import { restored } from '../logic/router-document.ts';
import { showManifest } from './router-files.ts';
import { openManifestNow, useRouter } from './router-store.ts';

const keeper = createDraftKeeper({
  unsaved: () => {
    const document = openManifestNow();
    if (document === undefined || !document.dirty) return [];
    const { key, file, sha256, changedOnDisk } = document;
    const text = writeDraft(document);
    return [
      {
        document: key,
        state: `${sha256} ${text}`,
        draft: {
          kind: 'manifest',
          title: document.saved.name,
          file: file.id,
          // A version that waits for a word must be asked about again.
          baseHash: changedOnDisk === sha256 ? 'another' : sha256,
          text,
        },
      },
    ];
  },
  onProblem: (error) => notify.error(error),
});

let following = false;

/** Keeps what is unsaved from now on, and asks before the window goes. Works once. */
export function followDrafts(): void {
  if (following) return;
  following = true;
  useRouter.subscribe(({ document }, before) => {
    if (document === before.document) return;
    // What was saved is no draft any more: at once, so that a crash cannot bring it back.
    if (before.document?.dirty === true && document?.dirty !== true) void keeper.keepNow();
    else keeper.touch();
  });
  window.addEventListener('beforeunload', (event) => {
    if (openManifestNow()?.dirty !== true) return;
    void keeper.keepNow();
    event.preventDefault();
    // Chromium asks only when this is set, too.
    event.returnValue = true;
  });
}

/** Looks for drafts that nobody holds and whose file may be opened. */
export async function loadDrafts(): Promise<void> {
  try {
    const drafts = await studio().call('listDrafts', {});
    const left = drafts.filter(
      ({ kind, file, document }) =>
        kind === 'manifest' && file !== undefined && !keeper.holds(document),
    );
    useRouter.setState({ drafts: left });
  } catch (error) {
    notify.error(error);
  }
}

/** Puts a draft's edits over the file that they were made on. */
export async function restoreDraft(draft: RecipeDraft): Promise<void> {
  if (draft.file === undefined) return;
  const open = openManifestNow();
  if (open?.dirty === true) {
    const agreed = await confirm({
      title: `Discard the edits of ${open.manifest.name}?`,
      text: 'They are not saved, and older ones are about to take their place.',
      action: 'Discard edits',
      danger: true,
    });
    if (!agreed) return;
  }
  try {
    const drafted = readDraft(draft);
    const opened = await studio().call('openManifest', { file: draft.file });
    keeper.take(draft.document);
    showManifest(opened, draft.document, (document) => restored(document, drafted, draft.baseHash));
    forget(draft);
  } catch (error) {
    notify.error(error);
  }
}

export async function discardDraft(draft: RecipeDraft): Promise<void> {
  forget(draft);
  await keeper.drop(draft.document);
}

function forget(draft: RecipeDraft): void {
  useRouter.setState(({ drafts }) => ({ drafts: drafts.filter((one) => one !== draft) }));
}
