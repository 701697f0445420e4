// The Workflow screen: tabs of open recipes, the canvas (or the text of a recipe that is broken), the inspector, and what
// floats over them. The recipe's text is the truth; everything here is drawn from it.
import { ChevronDown } from 'lucide-react';
import { useDeferredValue, useEffect, useState, type DragEvent } from 'react';
import type { RecipeDraft } from '#src/contract/studio/recipes.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { DraftOffer, NoticeBar } from '#renderer/ui/draft-offer.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { ScreenHeader } from '#renderer/ui/screen-header.tsx';
import { carriesFiles } from '#renderer/stores/dragged-files.ts';
import { takeHandover, useNavigation } from '#renderer/stores/navigation-store.ts';
import { onWatchEvent } from '#renderer/stores/studio-store.ts';
import type { MenuCommand } from '#src/contract/studio/state.ts';
import { isDirty, type CanvasDocument } from './canvas-document.ts';
import { onScreenKey } from './canvas-keys.ts';
import { CanvasPane } from './canvas-pane.tsx';
import {
  activeDocument,
  activeOf,
  changeDocument,
  openPalette,
  redo,
  undo,
  useCanvas,
} from './canvas-store.ts';
import { RecipeConflictDialog } from './conflict-dialog.tsx';
import {
  close,
  discardDraft,
  leftDrafts,
  openFile,
  restoreDraft,
  save,
  startKeepingDrafts,
} from './document-files.ts';
import { DocumentTabs } from './document-tabs.tsx';
import { addDropped, addHandedOver } from './drop-files.ts';
import { EmptyWorkflow } from './empty-workflow.tsx';
import { Inspector } from './inspector.tsx';
import { NewRecipeDialog } from './new-recipe-dialog.tsx';
import { CanvasPalette } from './palette.tsx';
import { planNow, startPlanning } from './plan-build.ts';
import { runActive, startFollowingJobs } from './run-build.ts';
import { isActive } from './run-view.ts';
import { useJobOf } from './run-actions.tsx';
import { cancel } from './run-build.ts';
import { SaveAsDialog } from './save-as-dialog.tsx';
import { RecipeText } from './recipe-text.tsx';
import css from './workflow-screen.module.css';

export function WorkflowScreen() {
  const document = useCanvas(activeOf);
  const several = useCanvas((store) => store.documents.length > 1);
  const [drafts, setDrafts] = useState<readonly RecipeDraft[]>([]);

  useEffect(() => {
    const stops = [startPlanning(), startFollowingJobs(), startKeepingDrafts()];
    void leftDrafts().then(setDrafts, (error: unknown) => notify.error(error));
    return () => stops.forEach((stop) => stop());
  }, []);
  useHandovers();
  useEffect(() => {
    window.addEventListener('keydown', onScreenKey);
    const stop = onWatchEvent((event) => {
      if (event.event === 'menu') onMenuCommand(event.command);
    });
    return () => {
      window.removeEventListener('keydown', onScreenKey);
      stop();
    };
  }, []);

  return (
    <div className={css.screen}>
      <ScreenHeader crumb="Workflow" actions={document && <Actions document={document} />} />
      <DraftOffer
        drafts={drafts}
        onRestore={(draft) => {
          setDrafts(drafts.filter((one) => one !== draft));
          void restoreDraft(draft);
        }}
        onDiscard={(draft) => {
          setDrafts(drafts.filter((one) => one !== draft));
          void discardDraft(draft);
        }}
      />
      {several && <DocumentTabs />}
      {document?.changedOnDisk !== undefined && (
        <NoticeBar text="Another program changed this file. Your edits and its text are both still there.">
          <Button
            onClick={() =>
              useCanvas.setState({ dialog: { dialog: 'conflict', key: document.key } })
            }
          >
            Decide…
          </Button>
        </NoticeBar>
      )}
      {document === undefined ? (
        <div className={css.dropHere} onDragOver={allowDrop} onDrop={dropOnNothing}>
          <EmptyWorkflow />
        </div>
      ) : document.view === 'text' || document.content.state === 'broken' ? (
        <RecipeText key={document.key} document={document} />
      ) : (
        <div className={css.work}>
          <CanvasPane key={document.key} document={document} />
          <LateInspector document={document} />
        </div>
      )}
      <CanvasPalette />
      <NewRecipeDialog />
      <SaveAsDialog />
      <RecipeConflictDialog />
    </div>
  );
}

function allowDrop(event: DragEvent): void {
  if (!carriesFiles(event.dataTransfer)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = 'copy';
}

/** Files that are dropped where no recipe is open begin a new one. */
function dropOnNothing(event: DragEvent): void {
  if (!carriesFiles(event.dataTransfer)) return;
  event.preventDefault();
  event.stopPropagation();
  void addDropped(event.dataTransfer, { x: 0, y: 0 });
}

/** The inspector follows in slices of its own, so that selecting and dropping never wait for it. */
function LateInspector({ document }: { document: CanvasDocument }) {
  const late = useDeferredValue(document);
  return <Inspector document={late.key === document.key ? late : document} />;
}

function Actions({ document }: { document: CanvasDocument }) {
  const job = useJobOf(document);
  const running = job !== undefined && isActive(job);
  const dirty = isDirty(document);
  const broken = document.content.state === 'broken';
  return (
    <>
      <FileMenu document={document} />
      {document.readOnly && <Chip tone="warn">read only</Chip>}
      <Button onClick={() => void save()} disabled={!dirty}>
        {document.file === undefined || document.readOnly ? 'Save as…' : 'Save'}
      </Button>
      <Button disabled={broken} onClick={() => void validate(document)}>
        Validate
      </Button>
      {running ? (
        <Button variant="danger" disabled={!job.canCancel} onClick={() => void cancel(job.id)}>
          Cancel
        </Button>
      ) : (
        <Button
          variant="primary"
          shortcut="Mod+Enter"
          disabled={broken}
          onClick={() => void runActive()}
        >
          Run
        </Button>
      )}
    </>
  );
}

/** The recipe's file name, and what can be done with files. */
function FileMenu({ document }: { document: CanvasDocument }) {
  const name = document.file?.name ?? document.title;
  return (
    <Menu
      align="end"
      trigger={
        <button
          type="button"
          className={css.fileName}
          title={document.file?.path ?? 'Not saved yet'}
        >
          <span>
            {name}
            {isDirty(document) ? ' · edited' : ''}
          </span>
          <ChevronDown aria-hidden="true" />
        </button>
      }
      items={[
        { label: 'New recipe…', onSelect: () => useCanvas.setState({ dialog: { dialog: 'new' } }) },
        {
          label: 'Open a recipe…',
          shortcut: 'Mod+O',
          onSelect: () => openPalette({ page: 'recipes' }),
        },
        {
          label: 'Save as…',
          shortcut: 'Mod+Shift+S',
          onSelect: () => useCanvas.setState({ dialog: { dialog: 'save-as', key: document.key } }),
        },
        {
          label: document.view === 'text' ? 'Show as canvas' : 'Show as text',
          disabled: document.content.state === 'broken',
          onSelect: () =>
            changeDocument(document.key, (current) => ({
              ...current,
              view: current.view === 'text' ? 'canvas' : 'text',
            })),
        },
        { separator: true },
        { label: 'Close', onSelect: () => void close(document.key) },
      ]}
    />
  );
}

/** Checks the wiring and asks the plan anew, then says how it stands. */
async function validate(document: CanvasDocument): Promise<void> {
  const plan = await planNow(document.key);
  const content = activeDocument()?.content;
  const wiring =
    content?.state === 'recipe'
      ? content.problems.filter(({ severity }) => severity === 'error').length
      : 0;
  const planned = plan?.nodes.filter(({ state }) => state === 'invalid').length ?? 0;
  const problems = Math.max(wiring, planned);
  if (plan === undefined && problems === 0) return;
  if (problems === 0) notify.success('This recipe can be built.');
  else notify.info(problems === 1 ? 'There is one problem.' : `There are ${problems} problems.`);
}

/** What other screens hand over: a recipe to open, a file to add. */
function useHandovers(): void {
  const handover = useNavigation((store) => store.handover);
  useEffect(() => {
    const taken = takeHandover('workflow');
    if (taken === undefined) return;
    if ('open' in taken) void openFile(taken.open);
    else if ('addBase' in taken) addHandedOver('base', taken.addBase);
    else addHandedOver('adapter', taken.addAdapter);
  }, [handover]);
}

function onMenuCommand(command: MenuCommand): void {
  const document = activeDocument();
  if (command === 'new-recipe') useCanvas.setState({ dialog: { dialog: 'new' } });
  else if (command === 'open-recipe') openPalette({ page: 'recipes' });
  else if (document === undefined) return;
  else if (command === 'save') void save();
  else if (command === 'save-as') {
    useCanvas.setState({ dialog: { dialog: 'save-as', key: document.key } });
  } else if (command === 'run') void runActive();
  else if (command === 'undo') undo();
  else if (command === 'redo') redo();
}
