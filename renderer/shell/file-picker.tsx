// Choosing files without the system's dialog: the same in browser and desktop, limited to what the studio may show.
// Arrows move, Enter opens or chooses, Backspace goes up, letters jump; a path can be typed or pasted.
import { ArrowUp, File, Folder, FolderPlus } from 'lucide-react';
import { useCallback, useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { FileReference, FolderEntry, FolderListing } from '#src/contract/studio/files.ts';
import { formatBytes } from '#src/text/format-number.ts';
import type { PickRequest } from '#renderer/stores/picker-store.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { Dialog } from '#renderer/ui/dialog.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { nextIndex } from '#renderer/ui/next-index.ts';
import { notify } from '#renderer/ui/notify.ts';
import { Skeleton } from '#renderer/ui/skeleton.tsx';
import { TextInput } from '#renderer/ui/text-input.tsx';
import { VirtualList } from '#renderer/ui/virtual-list.tsx';
import css from './file-picker.module.css';
import { choosesFolders, findByPrefix, purposeWords } from './picker-logic.ts';

export function FilePicker({ request }: { request: PickRequest }) {
  const { purpose, title, multiple, answer } = request;
  const mode = useStudio((store) => store.state?.mode);
  const { listing, error, open, reload } = useListing(purpose);
  const [cursor, setCursor] = useState(-1);
  const [chosen, setChosen] = useState<ReadonlyMap<string, FileReference>>(new Map());
  const [path, setPath] = useState('');
  const [pathError, setPathError] = useState<unknown>();
  const [newFolder, setNewFolder] = useState<string | undefined>();
  const typed = useRef({ text: '', at: 0 });
  const list = useRef<HTMLDivElement>(null);
  const entries = listing?.entries ?? [];
  const current = entries[cursor];

  useEffect(() => {
    setPath(listing?.folder?.path ?? '');
    setCursor(listing !== undefined && listing.entries.length > 0 ? 0 : -1);
    setNewFolder(undefined);
    if (listing !== undefined) list.current?.focus();
  }, [listing]);

  const up = () => {
    if (listing?.folder === null || listing === undefined) return;
    open(listing.trail[listing.trail.length - 2]?.id ?? null);
  };
  const choose = (entry: FolderEntry) => {
    if (entry.selectable) answer([...chosen.values(), entry]);
    else if (entry.kind === 'folder') open(entry.id);
  };
  const enter = (entry: FolderEntry) => {
    // Enter walks into folders where folders are what is chosen; the button chooses.
    if (entry.kind === 'folder' && (choosesFolders(purpose) || !entry.selectable)) open(entry.id);
    else choose(entry);
  };
  const typePath = async () => {
    try {
      answer([await studio().call('resolvePath', { path, purpose })]);
    } catch (failure) {
      setPathError(failure);
    }
  };
  const useSystemDialog = async () => {
    try {
      const files = await studio().call('pickWithSystemDialog', { purpose, title });
      if (files.length > 0) answer(multiple ? files : files.slice(0, 1));
    } catch (failure) {
      notify.error(failure);
    }
  };
  const toggle = (entry: FolderEntry) => {
    if (!multiple || !entry.selectable) return;
    setChosen((before) => {
      const next = new Map(before);
      if (!next.delete(entry.id)) next.set(entry.id, entry);
      return next;
    });
  };
  const makeFolder = async () => {
    if (listing?.folder === null || listing === undefined || newFolder === undefined) return;
    try {
      const made = await studio().call('makeFolder', {
        parent: listing.folder.id,
        name: newFolder,
      });
      open(made.id);
    } catch (failure) {
      setPathError(failure);
    }
  };

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const moved = nextIndex(event.key, cursor, entries.length, 10);
    if (moved !== undefined) setCursor(moved);
    else if (event.key === 'Enter' && current !== undefined) enter(current);
    else if (event.key === 'Backspace') up();
    else if (event.key === ' ' && current !== undefined && multiple) toggle(current);
    else if (event.key.length === 1 && event.key !== ' ') jump(event.key);
    else return;
    event.preventDefault();
  }

  function jump(letter: string): void {
    const now = Date.now();
    const fresh = now - typed.current.at > 800;
    const text = fresh ? letter : typed.current.text + letter;
    typed.current = { text, at: now };
    const found = findByPrefix(entries, text, cursor);
    if (found >= 0) setCursor(found);
  }

  const folderItself = listing?.selectable === true && listing.folder !== null;
  const target: FileReference | undefined =
    current?.selectable === true
      ? current
      : folderItself
        ? (listing.folder ?? undefined)
        : undefined;
  const targets = chosen.size > 0 ? [...chosen.values()] : target === undefined ? [] : [target];

  return (
    <Dialog
      open
      onClose={() => answer([])}
      title={title}
      width={760}
      initialFocus={list}
      actions={
        <>
          {mode === 'desktop' && (
            <Button variant="quiet" onClick={() => void useSystemDialog()}>
              System dialog…
            </Button>
          )}
          <span className={css.target} title={targets[0]?.path}>
            {targets.length > 1 ? `${targets.length} chosen` : (targets[0]?.name ?? '')}
          </span>
          <Button onClick={() => answer([])}>Cancel</Button>
          <Button variant="primary" disabled={targets.length === 0} onClick={() => answer(targets)}>
            {folderItself && targets[0] === listing.folder ? 'Choose this folder' : 'Choose'}
          </Button>
        </>
      }
    >
      <form
        className={css.path}
        onSubmit={(event) => {
          event.preventDefault();
          void typePath();
        }}
      >
        <IconButton
          label="Up one folder"
          shortcut="Backspace"
          disabled={(listing?.folder ?? null) === null}
          onClick={up}
        >
          <ArrowUp aria-hidden="true" />
        </IconButton>
        <TextInput
          label="Path"
          mono
          placeholder="Type or paste a path"
          value={path}
          onChange={(text) => {
            setPath(text);
            setPathError(undefined);
          }}
        />
        <Button type="submit" disabled={path === '' || path === listing?.folder?.path}>
          Use path
        </Button>
        {choosesFolders(purpose) && (listing?.folder ?? null) !== null && (
          <IconButton label="New folder" onClick={() => setNewFolder('')}>
            <FolderPlus aria-hidden="true" />
          </IconButton>
        )}
      </form>
      {newFolder !== undefined && (
        <form
          className={css.path}
          onSubmit={(event) => {
            event.preventDefault();
            void makeFolder();
          }}
        >
          <TextInput
            autoFocus
            label="Name of the new folder"
            value={newFolder}
            onChange={setNewFolder}
            placeholder="Name of the new folder"
          />
          <Button type="submit" disabled={newFolder === ''}>
            Make folder
          </Button>
        </form>
      )}
      {pathError !== undefined && <ErrorNotice error={pathError} />}
      <nav className={css.trail} aria-label="Folders above">
        <button type="button" onClick={() => open(null)}>
          Places
        </button>
        {listing?.trail.map((folder) => (
          <button key={folder.id} type="button" onClick={() => open(folder.id)}>
            {folder.name}
          </button>
        ))}
      </nav>
      <div className={css.list}>
        {error !== undefined ? (
          <ErrorNotice
            error={error}
            action={
              <>
                <Button onClick={reload}>Try again</Button>
                <Button onClick={() => open(null)}>Show places</Button>
              </>
            }
          />
        ) : listing === undefined ? (
          <Skeleton label="Reading the folder" />
        ) : (
          <VirtualList
            ref={list}
            label="Files and folders"
            rows={entries}
            rowKey={(entry) => entry.id}
            rowHeight={30}
            current={cursor}
            isSelected={(entry) => chosen.has(entry.id) || entry === current}
            onKeyDown={onKeyDown}
            onClick={(entry, index, event) => {
              setCursor(index);
              if (event.ctrlKey || event.metaKey) toggle(entry);
            }}
            onDoubleClick={enter}
            empty={
              <EmptyState
                title="Nothing here"
                text={`This folder holds no folders and nothing that is ${purposeWords[purpose]}.`}
              />
            }
            row={(entry) => <EntryRow entry={entry} chosen={chosen.has(entry.id)} />}
          />
        )}
      </div>
      {listing !== undefined && listing.left > 0 && (
        <p className={css.left}>
          {listing.left} more are not listed. Type the path of what is missing.
        </p>
      )}
    </Dialog>
  );
}

function EntryRow({ entry, chosen }: { entry: FolderEntry; chosen: boolean }) {
  const Icon = entry.kind === 'folder' ? Folder : File;
  return (
    <div className={css.entry} data-muted={entry.kind === 'file' && !entry.selectable}>
      <Icon aria-hidden="true" />
      <span className={css.name}>{entry.name}</span>
      {chosen && <span className={css.what}>chosen</span>}
      {entry.what !== undefined && <span className={css.what}>{entry.what}</span>}
      {entry.bytes !== undefined && <span className="num">{formatBytes(entry.bytes)}</span>}
    </div>
  );
}

/** The folder that is shown; `open` goes to another one, null to the list of places. */
function useListing(purpose: PickRequest['purpose']) {
  const workspace = useStudio((store) => store.state?.workspace.folder.id ?? null);
  const [folder, setFolder] = useState<string | null>(purpose === 'workspace' ? null : workspace);
  const [turn, setTurn] = useState(0);
  const [answer, setAnswer] = useState<{ listing?: FolderListing; error?: unknown }>({});
  useEffect(() => {
    const stop = new AbortController();
    studio()
      .call('listFolder', { folder, purpose }, { signal: stop.signal })
      .then(
        (listing) => setAnswer({ listing }),
        (error: unknown) => {
          if (!stop.signal.aborted) setAnswer({ error });
        },
      );
    return () => stop.abort();
  }, [folder, purpose, turn]);
  const open = useCallback((next: string | null) => setFolder(next), []);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  return { ...answer, open, reload };
}
