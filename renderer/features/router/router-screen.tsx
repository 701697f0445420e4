// Router: which requests go to which parent and adapter, edited where it is seen, proven beside it, served with a click.
import { Ellipsis } from 'lucide-react';
import { useEffect } from 'react';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { DraftOffer, NoticeBar } from '#renderer/ui/draft-offer.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Menu, type MenuItem } from '#renderer/ui/menu.tsx';
import { ResizeHandle, useStoredSize } from '#renderer/ui/resize-handle.tsx';
import { ScreenHeader } from '#renderer/ui/screen-header.tsx';
import { Skeleton } from '#renderer/ui/skeleton.tsx';
import { Tabs } from '#renderer/ui/tabs.tsx';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { ChatPanel } from './chat/chat-panel.tsx';
import { EditPanel } from './edit/edit-panel.tsx';
import { EmptyRouter } from './empty-router.tsx';
import { GraphPane } from './graph/graph-pane.tsx';
import { documentState } from './logic/document-state.ts';
import type { RouterDocument } from './logic/router-document.ts';
import { ProblemsBar } from './problems-bar.tsx';
import { ProofPanel } from './proof/proof-panel.tsx';
import { RouterDialogs } from './router-dialogs.tsx';
import css from './router.module.css';
import { ServerPanel } from './server/server-panel.tsx';
import { followEdits } from './state/follow-edits.ts';
import { discardDraft, followDrafts, loadDrafts, restoreDraft } from './state/router-drafts.ts';
import {
  checkFilesAgain,
  followManifests,
  loadManifests,
  openManifest,
  pickAndOpen,
  save,
} from './state/router-files.ts';
import { measureNow } from './state/router-measure.ts';
import { verifyPackage } from './state/router-package.ts';
import { followServer, saveAndServe } from './state/router-server.ts';
import { showTab, useRouter } from './state/router-store.ts';
import { TestLine } from './test-line.tsx';
import { useRouterKeys } from './use-router-keys.ts';

export function RouterScreen() {
  const workspace = useStudio(({ state }) => state?.workspace.folder.id);
  const shown = useRouter((store) => store.document?.file.id);
  useEffect(followManifests, []);
  useEffect(followServer, []);
  useEffect(followEdits, []);
  useEffect(followDrafts, []);
  // What was left is looked for in every workspace, and again when a file could be opened by then.
  useEffect(() => void loadDrafts(), [workspace, shown]);
  useRouterKeys();
  return <Shown />;
}

/** Edits that were left unsaved, above whatever is shown. */
function Drafts() {
  const drafts = useRouter((store) => store.drafts);
  return (
    <DraftOffer
      drafts={drafts}
      onRestore={(draft) => void restoreDraft(draft)}
      onDiscard={(draft) => void discardDraft(draft)}
    />
  );
}

function Shown() {
  const document = useRouter((store) => store.document);
  const opening = useRouter((store) => store.opening);
  const openError = useRouter((store) => store.openError);
  const manifests = useRouter((store) => store.manifests);
  const listError = useRouter((store) => store.listError);
  if (openError !== undefined && opening !== undefined) {
    return (
      <Framed>
        <ErrorNotice
          error={openError}
          action={
            <>
              <Button onClick={() => void openManifest(opening)}>Try again</Button>
              <Button
                onClick={() => useRouter.setState({ opening: undefined, openError: undefined })}
              >
                {document === undefined ? 'Back' : `Back to ${document.manifest.name}`}
              </Button>
              <Button onClick={() => void pickAndOpen()}>Open another manifest…</Button>
            </>
          }
        />
      </Framed>
    );
  }
  if (document !== undefined) return <OpenRouter document={document} />;
  if (listError !== undefined) {
    return (
      <Framed>
        <ErrorNotice
          error={listError}
          action={<Button onClick={() => void loadManifests()}>Read again</Button>}
        />
      </Framed>
    );
  }
  if (manifests === undefined || opening !== undefined) {
    return (
      <>
        <ScreenHeader crumb="Router" />
        <Skeleton label="Reading the manifests" />
      </>
    );
  }
  return (
    <>
      <ScreenHeader crumb="Router" />
      <Drafts />
      <EmptyRouter />
    </>
  );
}

function Framed({ children }: { children: React.ReactNode }) {
  return (
    <>
      <ScreenHeader crumb="Router" />
      <Drafts />
      <div className={css.framed}>{children}</div>
    </>
  );
}

function OpenRouter({ document }: { document: RouterDocument }) {
  const { manifest } = document;
  const tab = useRouter((store) => store.tab);
  const [stored, setWidth] = useStoredSize('router-side', 380);
  const most = Math.max(320, Math.min(640, window.innerWidth - 620));
  const width = Math.min(most, Math.max(320, stored));
  return (
    <>
      <ScreenHeader crumb={`Router · ${manifest.name}`} actions={<Actions document={document} />} />
      <div className={css.screen}>
        <Drafts />
        {document.changedOnDisk !== undefined && (
          <NoticeBar text="Another program changed this file. Your edits and its version are both still there.">
            <Button onClick={() => useRouter.setState({ dialog: 'conflict' })}>Decide…</Button>
          </NoticeBar>
        )}
        <TestLine sideWidth={width} />
        <div className={css.middle}>
          <div className={css.left}>
            <ProblemsBar document={document} />
            <GraphPane document={document} />
          </div>
          <ResizeHandle
            label="Width of the panel"
            orientation="vertical"
            value={width}
            minimum={320}
            maximum={most}
            onChange={setWidth}
          />
          <aside
            className={css.side}
            style={{ width }}
            aria-label="Proof, editing, chat and server"
          >
            <Tabs
              label="Panel"
              value={tab}
              onChange={showTab}
              tabs={[
                { value: 'proof', label: 'Proof', content: <ProofPanel manifest={manifest} /> },
                { value: 'edit', label: 'Edit', content: <EditPanel document={document} /> },
                { value: 'chat', label: 'Chat', content: <ChatPanel manifest={manifest} /> },
                { value: 'server', label: 'Server', content: <ServerPanel document={document} /> },
              ]}
            />
          </aside>
        </div>
      </div>
      <RouterDialogs document={document} />
    </>
  );
}

function Actions({ document }: { document: RouterDocument }) {
  const server = useRouter((store) => store.server);
  const busy = useRouter((store) => store.busy);
  const measuring = useRouter(({ measured }) => measured.state === 'running');
  const { state, word, tone, title } = documentState(document, server);
  return (
    <>
      <Chip tone={tone} title={title}>
        {word}
      </Chip>
      <MoreMenu document={document} />
      <Button
        aria-busy={measuring || undefined}
        disabled={document.manifest.routes.length === 0}
        onClick={() => {
          showTab('proof');
          void measureNow();
        }}
      >
        Evaluate
      </Button>
      <Button
        variant="primary"
        busy={busy === 'saving' || busy === 'serving'}
        disabled={state === 'served'}
        onClick={() => void saveAndServe()}
      >
        {state === 'served' ? 'Served' : 'Save and serve'}
      </Button>
    </>
  );
}

function MoreMenu({ document }: { document: RouterDocument }) {
  const manifests = useRouter((store) => store.manifests) ?? [];
  const others: MenuItem[] = manifests.slice(0, 30).map(({ file, name, routes, problem }) => ({
    label: name === '' ? file.name : name,
    description: problem ?? `${file.recipePath} · ${routes} routes`,
    checked: file.path === document.file.path,
    onSelect: () => {
      if (file.path !== document.file.path) void openManifest(file);
    },
  }));
  return (
    <Menu
      align="end"
      trigger={
        <IconButton label="More">
          <Ellipsis aria-hidden="true" />
        </IconButton>
      }
      items={[
        {
          label: 'Save',
          shortcut: 'Mod+S',
          disabled: !document.dirty,
          onSelect: () => void save(),
        },
        { label: 'Look at the files again', onSelect: () => void checkFilesAgain() },
        { label: 'Verify the package', onSelect: () => void verifyPackage() },
        {
          label: 'Export for another server…',
          onSelect: () => useRouter.setState({ dialog: 'export' }),
        },
        { separator: true },
        { group: 'Manifests of this workspace' },
        ...others,
        { label: 'Open another one…', onSelect: () => void pickAndOpen() },
      ]}
    />
  );
}
