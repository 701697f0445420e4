// Recipes and files: open, new, save, save as, conflicts with another program, and drafts that outlive a crash.
import type { FileReference } from '#src/contract/studio/files.ts';
import type { RecipeDraft } from '#src/contract/studio/recipes.ts';
import type { StudioParams } from '#renderer/studio-client.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { lastPathPart } from '#src/recipe/node-names.ts';
import { emptyRecipe, newRecipeDocument } from '#src/recipe/recipe-file.ts';
import { confirm } from '#renderer/ui/dialog.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { pickFile } from '#renderer/stores/picker-store.ts';
import { createDraftKeeper, type UnsavedEdits } from '#renderer/stores/draft-keeper.ts';
import { onWatchEvent, studio, useStudio } from '#renderer/stores/studio-store.ts';
import {
  isDirty,
  openDocument,
  readText,
  withText,
  type CanvasDocument,
} from './canvas-document.ts';
import {
  activate,
  activeDocument,
  changeDocument,
  closeDocument,
  documentOf,
  setRun,
  showDocument,
  useCanvas,
} from './canvas-store.ts';
import { keepRun, keptRun, type KeptRun } from './kept-runs.ts';
import { snapshotOf } from './node-state.ts';
import { folderOf, withAbsolutePaths, workspaceFolder } from './recipe-folder.ts';
import { nodeRuns } from './run-view.ts';

/** `healthcare.recipe.json` -> `healthcare`. */
export function recipeTitle(path: string): string {
  const name = lastPathPart(path)
    .replace(/\.json$/i, '')
    .replace(/\.recipe$/i, '');
  return name === '' ? 'recipe' : name;
}

function freshKey(): string {
  return `new-${crypto.randomUUID()}`;
}

/** Opens a recipe file, or brings its tab to the front. */
export async function openFile(file: FileReference): Promise<void> {
  const open = useCanvas.getState().documents.find((document) => document.file?.id === file.id);
  if (open !== undefined) {
    activate(open.key);
    return;
  }
  try {
    const read = await studio().call('openRecipe', { file: file.id });
    showDocument({
      key: read.file.id,
      title: recipeTitle(read.file.name),
      text: read.text,
      savedText: read.text,
      file: read.file,
      hash: read.hash,
      readOnly: read.readOnly,
    });
    const run = keptRun(read.file.path);
    if (run !== undefined && isLatestRun(run, read.file)) restoreRun(read.file.id, run);
  } catch (error) {
    notify.error(error);
  }
}

/** No other job has built the file since. */
function isLatestRun(run: KeptRun, { path }: FileReference): boolean {
  const { jobs } = useStudio.getState();
  return jobs.find(({ id, recipePath }) => id === run.job || recipePath === path)?.id === run.job;
}

export async function pickAndOpen(): Promise<void> {
  const file = await pickFile('recipe', 'Open a recipe');
  if (file !== undefined) await openFile(file);
}

/** A new recipe from a template; what it holds is unsaved until it is saved. */
export async function openTemplate(template: StudioParams<'makeFromTemplate'>): Promise<boolean> {
  try {
    const made = await studio().call('makeFromTemplate', template);
    showDocument({ key: freshKey(), title: freshTitle(made.name), text: made.text });
    return true;
  } catch (error) {
    notify.error(error);
    return false;
  }
}

/** An empty recipe, needing nothing from the studio. */
export function openEmpty(): void {
  const { text } = newRecipeDocument(emptyRecipe, 'recipe');
  showDocument({ key: freshKey(), title: freshTitle('recipe'), text });
}

function freshTitle(wanted: string): string {
  const taken = new Set(useCanvas.getState().documents.map(({ title }) => title));
  let title = wanted;
  for (let number = 2; taken.has(title); number++) title = `${wanted}-${number}`;
  return title;
}

/** Saves the recipe in front; a new or read-only one asks for a name. */
export async function save(): Promise<boolean> {
  const document = activeDocument();
  if (document === undefined) return false;
  if (document.file === undefined || document.readOnly) {
    useCanvas.setState({ dialog: { dialog: 'save-as', key: document.key } });
    return false;
  }
  if (!isDirty(document)) {
    notify.info('There is nothing to save.');
    return true;
  }
  if (document.changedOnDisk !== undefined) {
    useCanvas.setState({ dialog: { dialog: 'conflict', key: document.key } });
    return false;
  }
  return write(document, document.file, document.hash);
}

/** Overwrites the file whatever it holds by now. */
export async function overwrite(key: string): Promise<boolean> {
  const document = documentOf(key);
  if (document?.file === undefined) return false;
  return write(document, document.file, document.changedOnDisk);
}

async function write(
  document: CanvasDocument,
  file: FileReference,
  expectedHash: string | undefined,
): Promise<boolean> {
  try {
    const saved = await studio().call('saveRecipe', {
      file: file.id,
      text: document.text,
      ...(expectedHash === undefined ? {} : { expectedHash }),
    });
    wasSaved(document, saved);
    return true;
  } catch (error) {
    if (error instanceof StudioError && error.code === 'recipe/changed-on-disk') {
      const hash =
        typeof error.details.hash === 'string' ? error.details.hash : await hashOnDisk(file);
      changeDocument(document.key, (current) => ({ ...current, changedOnDisk: hash }));
      useCanvas.setState({ dialog: { dialog: 'conflict', key: document.key } });
    } else {
      notify.error(error);
    }
    return false;
  }
}

async function hashOnDisk(file: FileReference): Promise<string> {
  const read = await studio().call('openRecipe', { file: file.id });
  return read.hash;
}

/** Saves under a name in the workspace; throws what the studio answers, so that the dialog can show it. */
export async function saveAs(key: string, name: string): Promise<void> {
  const opened = documentOf(key);
  if (opened === undefined) return;
  const text = textForWorkspace(opened);
  const document =
    text === opened.text ? opened : withText(opened, text, { step: 'Make paths absolute' });
  const saved = await studio().call('saveRecipe', { name, text });
  // Only now: a name that is refused leaves the recipe as it was.
  if (document !== opened) changeDocument(key, () => document);
  wasSaved(document, saved);
}

/** The text as it has to be in the workspace's own folder: paths that start in another one are made absolute. */
function textForWorkspace(document: CanvasDocument): string {
  const workspace = workspaceFolder();
  const folder = folderOf(document, workspace);
  if (folder === undefined || folder === workspace) return document.text;
  // Text that cannot be read has no paths to find.
  if (document.content.state === 'broken') return document.text;
  return withAbsolutePaths(document.content.document, folder).text;
}

function wasSaved(
  document: CanvasDocument,
  saved: { file: FileReference; hash: string; text: string; readOnly: boolean },
): void {
  changeDocument(document.key, (current) => ({
    ...current,
    file: saved.file,
    title: recipeTitle(saved.file.name),
    hash: saved.hash,
    readOnly: saved.readOnly,
    savedText: document.text,
    changedOnDisk: undefined,
  }));
  void dropDraft(document.key);
  notify.success(`Saved ${saved.file.name}.`);
}

/** The file's text takes the place of the edits; one undo step, so that nothing is lost. */
export async function takeTheirs(key: string): Promise<void> {
  const document = documentOf(key);
  if (document?.file === undefined) return;
  try {
    const read = await studio().call('openRecipe', { file: document.file.id });
    changeDocument(key, (current) => ({
      ...withText(current, read.text, { step: 'Read from the disk' }),
      savedText: read.text,
      hash: read.hash,
      readOnly: read.readOnly,
      changedOnDisk: undefined,
    }));
  } catch (error) {
    notify.error(error);
  }
}

/** The edits go to a tab of their own; the first one shows the file as it is. */
export async function keepAsCopy(key: string): Promise<void> {
  const document = documentOf(key);
  if (document === undefined) return;
  const { title } = document;
  const text = textForWorkspace(document);
  await takeTheirs(key);
  const copy = freshKey();
  showDocument({
    key: copy,
    title: freshTitle(`${title}-mine`),
    text: documentOf(key)?.text ?? text,
  });
  // As an edit, so that it is kept as a draft and not closed unasked.
  changeDocument(copy, (current) => withText(current, text, { step: 'Keep my edits' }));
}

/** Closes a tab; asks first when edits would be lost. */
export async function close(key: string): Promise<void> {
  const document = documentOf(key);
  if (document === undefined) return;
  const untouched = document.past.length === 0 && document.file === undefined && !drafts.holds(key);
  if (isDirty(document) && !untouched) {
    const agreed = await confirm({
      title: `Close ${document.title} without saving?`,
      text: 'Its edits since the last save are lost.',
      action: 'Close without saving',
      danger: true,
    });
    if (!agreed) return;
  }
  closeDocument(key);
  void dropDraft(key);
}

// Drafts

function dropDraft(key: string): Promise<void> {
  return drafts.drop(key);
}

const drafts = createDraftKeeper({
  unsaved: () => useCanvas.getState().documents.flatMap(unsavedOf),
  onProblem: (error) => notify.error(error),
});

/** Keeps unsaved edits half a second after the last one, and tells when files change on the disk. */
export function startKeepingDrafts(): () => void {
  const stopStore = useCanvas.subscribe(({ documents, runs }, before) => {
    if (documents !== before.documents || runs !== before.runs) drafts.touch();
  });
  const stopEvents = onWatchEvent((event) => {
    if (event.event === 'recipe-changed') void fileChanged(event.file, event.hash);
  });
  return () => {
    stopStore();
    stopEvents();
    void drafts.keepNow();
  };
}

function unsavedOf(document: CanvasDocument): UnsavedEdits[] {
  const { key, title, text, file, hash } = document;
  // A new recipe that was built without an edit is kept for its job.
  const run = ownRun(key);
  if (file !== undefined && run !== undefined) keepRun({ path: file.path, ...run });
  const touched = document.past.length > 0 || drafts.holds(key) || run !== undefined;
  if (!isDirty(document) || !touched) return [];
  return [
    {
      document: key,
      state: `${run?.job ?? ''}\n${text}`,
      draft: {
        title,
        text,
        ...(file === undefined ? {} : { file: file.id }),
        ...(hash === undefined ? {} : { baseHash: hash }),
        ...(run === undefined ? {} : { run }),
      },
    },
  ];
}

/** The job that this window started from a recipe, as its draft keeps it. */
function ownRun(key: string): RecipeDraft['run'] {
  const run = useCanvas.getState().runs[key];
  return run?.text === undefined ? undefined : { job: run.job, text: run.text };
}

/** Finds the job of a recipe that is opened or restored again; it may have been removed from the list since. */
function restoreRun(key: string, { job: id, text }: Pick<KeptRun, 'job' | 'text'>): void {
  const job = useStudio.getState().jobs.find((one) => one.id === id);
  if (job === undefined) return;
  const content = readText(text, job.title);
  const snapshot = content.state === 'recipe' ? snapshotOf(content.nodes.values()) : undefined;
  setRun(key, { job: id, snapshot, text, nodes: nodeRuns(job) });
}

/** Drafts of a window that ended without saving; those of open tabs are left out. */
export async function leftDrafts(): Promise<readonly RecipeDraft[]> {
  const left = await studio().call('listDrafts', {});
  return left.filter(
    ({ kind, document }) =>
      kind === 'recipe' && (documentOf(document) === undefined || !drafts.holds(document)),
  );
}

/** Opens a draft's edits over the file they were made on. */
export async function restoreDraft(draft: RecipeDraft): Promise<void> {
  let saved: { file: FileReference; hash: string; text: string; readOnly: boolean } | undefined;
  if (draft.file !== undefined) {
    saved = await studio()
      .call('openRecipe', { file: draft.file })
      .catch(() => undefined);
  }
  const opened = openDocument({
    key: draft.document,
    title: draft.title,
    text: saved?.text ?? draft.text,
    savedText: saved?.text,
    file: saved?.file,
    hash: saved?.hash,
    readOnly: saved?.readOnly ?? false,
  });
  const changed =
    saved !== undefined && draft.baseHash !== undefined && saved.hash !== draft.baseHash;
  showDocument({ ...opened, key: draft.document });
  if (draft.run !== undefined) restoreRun(draft.document, draft.run);
  // It is this window's from now on, and kept again as such.
  drafts.take(draft.document);
  changeDocument(draft.document, (document) => ({
    ...withText(document, draft.text, { step: 'Restore unsaved edits' }),
    changedOnDisk: changed ? saved?.hash : undefined,
  }));
}

export async function discardDraft(draft: RecipeDraft): Promise<void> {
  await dropDraft(draft.document);
}

async function fileChanged(file: string, hash: string): Promise<void> {
  const document = useCanvas.getState().documents.find((one) => one.file?.id === file);
  if (document === undefined || document.hash === hash) return;
  if (isDirty(document)) {
    changeDocument(document.key, (current) => ({ ...current, changedOnDisk: hash }));
    return;
  }
  await takeTheirs(document.key);
  notify.info(`${document.title} was changed by another program and read again.`);
}
