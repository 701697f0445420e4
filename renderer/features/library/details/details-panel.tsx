// Everything about one entry: headline, actions, and five tabs.
import { EllipsisVertical, X } from 'lucide-react';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { handOver } from '#renderer/stores/navigation-store.ts';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { Skeleton } from '#renderer/ui/skeleton.tsx';
import { Tabs } from '#renderer/ui/tabs.tsx';
import { addToWorkflow, chatWith, checkEntry, entryMenu, showInFolder } from '../entry-actions.ts';
import { canBuildFrom, canChat, canCheck, kindWords } from '../entry-words.ts';
import { selectEntry, useLibraryView } from '../library-state.ts';
import { AdaptersTab } from './adapters-tab.tsx';
import css from './details.module.css';
import { MetadataTab } from './metadata-tab.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { TemplateTab } from './template-tab.tsx';
import { TensorsTab } from './tensors-tab.tsx';
import { useInspection } from './use-inspection.ts';

export function DetailsPanel({ entry, width }: { entry: LibraryEntry; width: number }) {
  const tab = useLibraryView((view) => view.tab);
  const desktop = useStudio((store) => store.state?.mode === 'desktop');
  const { value: inspection, error, again } = useInspection(entry);
  const isModel = entry.kind === 'base' || entry.kind === 'gguf';
  const hidden = (tab === 'template' && !isModel) || (tab === 'adapters' && !canBuildFrom(entry));
  const waiting =
    error === undefined ? (
      <Skeleton label="Reading the file" />
    ) : (
      <div className={css.pad}>
        <ErrorNotice error={error} action={<Button onClick={again}>Read it again</Button>} />
      </div>
    );
  return (
    <aside
      className={css.panel}
      style={{ width }}
      aria-label={`Details of ${entry.name}`}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) selectEntry(undefined);
      }}
    >
      <header className={css.header}>
        <div className={css.headline}>
          <h2 title={entry.path}>{entry.name}</h2>
          <IconButton
            label="Close details"
            shortcut="Escape"
            tooltipSide="left"
            onClick={() => selectEntry(undefined)}
          >
            <X aria-hidden="true" />
          </IconButton>
        </div>
        <div className={css.chips}>
          <Chip tone={entry.kind === 'broken' ? 'bad' : 'neutral'}>{kindWords[entry.kind]}</Chip>
          {entry.type !== undefined && <LevelTag level={entry.type} />}
          {entry.format !== kindWords[entry.kind] && (
            <span className={css.muted}>{entry.format}</span>
          )}
        </div>
        <div className={css.actions}>
          {canChat(entry) && (
            <Button variant="primary" onClick={() => chatWith(entry)}>
              Chat
            </Button>
          )}
          {canBuildFrom(entry) && (
            <Button onClick={() => addToWorkflow(entry)}>Add to workflow</Button>
          )}
          {canChat(entry) && (
            <Button onClick={() => handOver({ to: 'compare', files: [entry.file] })}>
              Compare
            </Button>
          )}
          {canCheck(entry) && <Button onClick={() => checkEntry(entry)}>Check</Button>}
          {desktop && <Button onClick={() => showInFolder(entry)}>Show in folder</Button>}
          <CopyButton label="Copy path" text={entry.file.path} />
          <Menu
            align="end"
            trigger={
              <IconButton label="More">
                <EllipsisVertical aria-hidden="true" />
              </IconButton>
            }
            items={entryMenu(entry)}
          />
        </div>
      </header>
      <Tabs
        label="Details"
        value={hidden ? 'overview' : tab}
        onChange={(next) => useLibraryView.setState({ tab: next })}
        tabs={[
          {
            value: 'overview',
            label: 'Overview',
            content: <OverviewTab entry={entry} inspection={inspection} waiting={waiting} />,
          },
          {
            value: 'metadata',
            label: 'Metadata',
            count: inspection?.metadata.length,
            content:
              inspection === undefined ? waiting : <MetadataTab entries={inspection.metadata} />,
          },
          {
            value: 'tensors',
            label: 'Tensors',
            count: inspection?.tensors.length,
            content: inspection === undefined ? waiting : <TensorsTab inspection={inspection} />,
          },
          ...(isModel
            ? [
                {
                  value: 'template' as const,
                  label: 'Chat template',
                  content: <TemplateTab entry={entry} />,
                },
              ]
            : []),
          ...(isModel || entry.kind === 'adapter'
            ? [
                {
                  value: 'adapters' as const,
                  label: entry.kind === 'adapter' ? 'Bases' : 'Adapters',
                  content: <AdaptersTab entry={entry} />,
                },
              ]
            : []),
        ]}
      />
    </aside>
  );
}
