// The library: every model, adapter and matrix that was found, with what this machine can do with it.
import { FolderPlus, Plus, Upload } from 'lucide-react';
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { followLibrary, loadLibrary, useLibrary } from '#renderer/stores/library-store.ts';
import { goTo, takeHandover, useNavigation } from '#renderer/stores/navigation-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { ProgressBar } from '#renderer/ui/progress-bar.tsx';
import { ResizeHandle, shareOfWindow, useStoredSize } from '#renderer/ui/resize-handle.tsx';
import { ScreenHeader } from '#renderer/ui/screen-header.tsx';
import { Skeleton } from '#renderer/ui/skeleton.tsx';
import { VirtualTable } from '#renderer/ui/virtual-table.tsx';
import { useFileDrop } from '#renderer/ui/use-file-drop.ts';
import { pickModelFolder, pickModels, takeDrop } from './add-files.ts';
import { DetailsPanel } from './details/details-panel.tsx';
import { addToWorkflow, chatWith, dragEntry } from './entry-actions.ts';
import { canBuildFrom, canChat } from './entry-words.ts';
import { FilterBar } from './filter-bar.tsx';
import { filterEntries, hasFilters, noFilters } from './filter-entries.ts';
import { columnsFor } from './library-columns.tsx';
import { selectEntry, setFilters, useLibraryView } from './library-state.ts';
import css from './library.module.css';
import { OfferedFolders } from './offered-folders.tsx';
import { sortEntries, type SortColumn } from './sort-entries.ts';

const keyOf = (entry: { file: { id: string } }) => entry.file.id;

export function LibraryScreen() {
  const { entries, loading, listed, error } = useLibrary();
  const { filters, sort, selected, uploads } = useLibraryView();
  const [panelWidth, setPanelWidth] = useStoredSize('library-details', shareOfWindow(0.26, 480));
  const [width, setWidth] = useState(1200);
  const screen = useRef<HTMLDivElement>(null);
  const table = useRef<HTMLDivElement>(null);
  // Typing and the arrival of entries come first; the long lists follow when there is time.
  const typed = useDeferredValue(filters);
  const found = useDeferredValue(entries);
  const rows = useMemo(
    () => sortEntries(filterEntries(found, typed), sort.column as SortColumn, sort.descending),
    [found, typed, sort],
  );
  const entry = entries.find(({ file }) => file.id === selected);
  const mostPanel = Math.max(360, width - 380);
  const panel = Math.min(panelWidth, mostPanel);
  // Only its steps matter, so that dragging the line between table and details does not redraw every row.
  const tableWidth = Math.floor((width - (entry === undefined ? 0 : panel)) / 100) * 100;
  const columns = useMemo(() => columnsFor(tableWidth), [tableWidth]);

  useEffect(followLibrary, []);
  useHandover();
  useEffect(() => {
    const element = screen.current;
    if (element === null) return;
    const observer = new ResizeObserver(([box]) => setWidth(box?.contentRect.width ?? 1200));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const { dropping, handlers: drop } = useFileDrop(
    // Not what is dragged from here.
    (transfer) => transfer.types.includes('Files'),
    (transfer) => void takeDrop(transfer),
  );

  return (
    <div className={css.library} ref={screen} {...drop}>
      <ScreenHeader
        crumb="Library"
        actions={
          <>
            <Menu
              align="end"
              trigger={<Button icon={<FolderPlus aria-hidden="true" />}>Model folders</Button>}
              items={[
                { label: 'Add a model folder…', onSelect: () => void pickModelFolder() },
                { label: 'Manage model folders', onSelect: () => goTo('settings') },
                { label: 'Search the folders again', onSelect: () => void loadLibrary() },
              ]}
            />
            <Button
              variant="primary"
              icon={<Plus aria-hidden="true" />}
              onClick={() => void pickModels()}
            >
              Add models
            </Button>
          </>
        }
      />
      <div className={css.main}>
        <OfferedFolders />
        <FilterBar
          entries={found}
          filters={filters}
          shown={rows.length}
          onLeave={() => {
            table.current?.querySelector<HTMLElement>('[role="grid"]')?.focus();
            if (selected === undefined) selectEntry(rows[0]);
          }}
        />
        <div className={css.busy}>
          {loading && <ProgressBar done={0} total={undefined} label="Searching the folders" />}
        </div>
        {error !== undefined && (
          <div className={css.notice}>
            <ErrorNotice
              error={error}
              action={<Button onClick={() => void loadLibrary()}>Search again</Button>}
            />
          </div>
        )}
        {uploads.map((upload) => (
          <div key={upload.name} className={css.upload}>
            <span>{upload.name}</span>
            <ProgressBar done={upload.done} total={upload.total} label={`Upload ${upload.name}`} />
          </div>
        ))}
        <div className={css.table} ref={table}>
          {entries.length === 0 && !listed ? (
            <Skeleton label="Searching for models" />
          ) : (
            <VirtualTable
              label="Library"
              columns={columns}
              rows={rows}
              rowKey={keyOf}
              selected={selected}
              onSelect={selectEntry}
              onActivate={(row) => {
                if (canChat(row)) chatWith(row);
                else if (canBuildFrom(row)) addToWorkflow(row);
              }}
              onDragRow={dragEntry}
              onCancel={() => selectEntry(undefined)}
              sort={sort}
              onSort={(next) => useLibraryView.setState({ sort: next })}
              empty={<NothingShown filtered={entries.length > 0 && hasFilters(filters)} />}
            />
          )}
        </div>
        {dropping && (
          <div className={css.drop} aria-hidden="true">
            <Upload />
            Drop to add to the library
          </div>
        )}
      </div>
      {entry !== undefined && (
        <>
          <ResizeHandle
            label="Width of the details"
            orientation="vertical"
            value={panel}
            minimum={360}
            maximum={mostPanel}
            onChange={setPanelWidth}
          />
          <DetailsPanel key={entry.file.id} entry={entry} width={panel} />
        </>
      )}
    </div>
  );
}

/** Shows what another screen handed over. */
function useHandover(): void {
  const handover = useNavigation((store) => store.handover);
  useEffect(() => {
    const taken = takeHandover('library');
    if (taken === undefined) return;
    setFilters(noFilters);
    selectEntry({ file: taken.show });
  }, [handover]);
}

function NothingShown({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <EmptyState
        title="Nothing matches"
        text="No entry has all of these words and values."
        actions={<Button onClick={() => setFilters(noFilters)}>Clear the filters</Button>}
      />
    );
  }
  return (
    <EmptyState
      title="No models yet"
      text="Add a folder that holds models: a download folder, LM Studio's, or a Hugging Face cache. They stay where they are. Single files and folders can be dropped here too."
      actions={
        <>
          <Button variant="primary" onClick={() => void pickModelFolder()}>
            Add a model folder
          </Button>
          <Button onClick={() => void pickModels()}>Add single models</Button>
        </>
      }
    />
  );
}
