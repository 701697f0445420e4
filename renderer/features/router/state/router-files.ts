// Manifests and files: listing, opening, saving, and what another program wrote meanwhile.
import { StudioError } from '#src/errors/studio-error.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import type { ManifestDocument } from '#src/contract/studio/router.ts';
import { confirm } from '#renderer/ui/dialog.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { pickFile } from '#renderer/stores/picker-store.ts';
import { onWatchEvent, studio, useStudio } from '#renderer/stores/studio-store.ts';
import {
  openRouterDocument,
  rebased,
  wasSaved,
  type RouterDocument,
} from '../logic/router-document.ts';
import { forgetChat } from './router-chat.ts';
import { measureAgain, train } from './router-measure.ts';
import { noteServed } from './router-served.ts';
import { testAgain } from './router-test.ts';
import { nothingMeasured, openManifestNow, useRouter } from './router-store.ts';

let listing = 0;

/** Lists the manifests; opens the newest that can be opened while none is open. */
export async function loadManifests(): Promise<void> {
  const turn = ++listing;
  try {
    const manifests = await studio().call('listManifests', {});
    if (turn !== listing) return;
    useRouter.setState({ manifests, listError: undefined });
    const { document, opening } = useRouter.getState();
    const first = manifests.find(({ problem }) => problem === undefined);
    if (document === undefined && opening === undefined && first !== undefined) {
      await openManifest(first.file);
    }
  } catch (listError) {
    if (turn === listing) useRouter.setState({ listError });
  }
}

/** Opens a manifest in place of the one in front; asks before unsaved edits are lost. */
export async function openManifest(file: FileReference): Promise<void> {
  const { document } = useRouter.getState();
  if (document !== undefined && document.dirty && !(await mayDiscard(document.file.name))) return;
  useRouter.setState({ opening: file, openError: undefined });
  try {
    const opened = await studio().call('openManifest', { file: file.id });
    if (useRouter.getState().opening?.id !== file.id) return;
    showManifest(opened, crypto.randomUUID());
  } catch (openError) {
    if (useRouter.getState().opening?.id === file.id) useRouter.setState({ openError });
  }
}

/** Puts what was read in front; `key` names its draft, `prepare` edits it before it is seen. */
export function showManifest(
  opened: ManifestDocument,
  key: string,
  prepare: (document: RouterDocument) => RouterDocument = (document) => document,
): void {
  useRouter.setState({
    document: prepare(openRouterDocument(opened, key)),
    opening: undefined,
    openError: undefined,
    selection: undefined,
    find: '',
    cell: undefined,
    tab: 'proof',
    measured: nothingMeasured,
    ways: undefined,
    embedding: undefined,
  });
  forgetChat();
  noteServed();
  testAgain();
  measureAgain();
}

export async function pickAndOpen(): Promise<void> {
  const file = await pickFile('recipe', 'Open a router manifest (router.json)');
  if (file !== undefined) await openManifest(file);
}

function mayDiscard(name: string): Promise<boolean> {
  return confirm({
    title: `Discard the edits of ${name}?`,
    text: 'They are not saved, and another manifest is about to be opened in its place.',
    action: 'Discard edits',
    danger: true,
  });
}

/** Saves the manifest in front; true when the file holds it. A file that was changed since is not overwritten. */
export async function save(expected?: string): Promise<boolean> {
  const document = openManifestNow();
  if (document === undefined) return false;
  if (!document.dirty && expected === undefined) return true;
  if (document.changedOnDisk !== undefined && expected === undefined) {
    useRouter.setState({ dialog: 'conflict' });
    return false;
  }
  useRouter.setState({ busy: 'saving' });
  try {
    const written = await studio().call('saveManifest', {
      file: document.file.id,
      manifest: document.manifest,
      sha256: expected ?? document.sha256,
    });
    useRouter.setState((store) =>
      store.document?.file.id === document.file.id
        ? { document: wasSaved(store.document, written) }
        : {},
    );
    return true;
  } catch (error) {
    if (error instanceof StudioError && error.code === 'routing/changed-on-disk') {
      const { sha256 } = error.details;
      noteChange(document.file.id, typeof sha256 === 'string' ? sha256 : 'another');
      useRouter.setState({ dialog: 'conflict' });
    } else {
      notify.error(error);
    }
    return false;
  } finally {
    useRouter.setState({ busy: undefined });
  }
}

/** Writes what is in front over whatever the file held when that was told. */
export async function overwrite(): Promise<void> {
  const document = openManifestNow();
  if (document?.changedOnDisk === undefined) return;
  if (await save(document.changedOnDisk)) notify.success(`${document.file.name} is saved.`);
}

/** Takes the file's version; the edits are one undo away. True when it could be read. */
export async function takeTheirs(): Promise<boolean> {
  const document = openManifestNow();
  if (document === undefined) return false;
  try {
    const opened = await studio().call('openManifest', { file: document.file.id });
    useRouter.setState((store) =>
      store.document === undefined ? {} : { document: rebased(store.document, opened) },
    );
    noteServed();
    return true;
  } catch (error) {
    notify.error(error);
    return false;
  }
}

/** Another program wrote the file: read again, or told where edits would be lost. */
async function fileChanged(file: string, sha256: string): Promise<void> {
  const document = openManifestNow();
  if (document?.file.id !== file || document.sha256 === sha256) return;
  if (document.dirty || useRouter.getState().busy === 'saving') {
    noteChange(file, sha256);
  } else if (await takeTheirs()) {
    notify.info(`${document.file.name} was changed by another program and read again.`);
  } else {
    // It cannot be read any more; what is in front may be all that is left of it.
    noteChange(file, sha256);
  }
}

function noteChange(file: string, changedOnDisk: string): void {
  useRouter.setState(({ document }) =>
    document?.file.id === file && document.sha256 !== changedOnDisk
      ? { document: { ...document, changedOnDisk } }
      : {},
  );
}

/** Looks for missing files and the like again, and keeps the edits. */
export async function checkFilesAgain(): Promise<void> {
  const document = openManifestNow();
  if (document === undefined) return;
  try {
    const { problems } = await studio().call('openManifest', { file: document.file.id });
    useRouter.setState((store) =>
      store.document === undefined
        ? {}
        : { document: { ...store.document, fileProblems: problems } },
    );
    notify.info(problems.length === 0 ? 'Every file is in its place.' : 'Looked again.');
  } catch (error) {
    notify.error(error);
  }
}

/** Builds a bundled parent for every domain of the workspace's mapping, and opens its manifest when it is done. */
export async function buildFamily(): Promise<void> {
  try {
    const made = await studio().call('makeFromTemplate', {
      template: 'family',
      form: 'bundled',
    });
    const job = await studio().call('startBuild', {
      text: made.text,
      title: 'family of all domains',
      overwrite: false,
    });
    useRouter.setState({ awaitedJob: job.id });
  } catch (error) {
    notify.error(error);
  }
}

let following = false;

/** Lists the manifests now, and again when the workspace changes or a job has ended. Works once. */
export function followManifests(): void {
  if (following) return;
  following = true;
  void loadManifests();
  onWatchEvent((event) => {
    if (event.event === 'manifest-changed') void fileChanged(event.file, event.sha256);
  });
  useStudio.subscribe((store, before) => {
    const moved = store.state?.workspace.folder.id !== before.state?.workspace.folder.id;
    if (moved) {
      useRouter.setState({
        manifests: undefined,
        document: undefined,
        opening: undefined,
        openError: undefined,
        measured: nothingMeasured,
      });
      void loadManifests();
      return;
    }
    if (store.jobs === before.jobs) return;
    const running = new Set(before.jobs.filter(isActive).map(({ id }) => id));
    const ended = store.jobs.filter((job) => running.has(job.id) && !isActive(job));
    if (ended.length === 0) return;
    const { awaitedJob } = useRouter.getState();
    const built = ended.find(({ id }) => id === awaitedJob);
    if (built !== undefined) useRouter.setState({ awaitedJob: undefined });
    void loadManifests().then(async () => {
      // A mapping's few examples route poorly: the routes of a family that was built here learn the routing set's at once.
      if (built?.state === 'done' && (await train(true))) {
        notify.info('The routes have learned the examples of the routing set. Save to keep them.');
      }
    });
  });
}

function isActive({ state }: { state: string }): boolean {
  return state === 'queued' || state === 'running';
}
