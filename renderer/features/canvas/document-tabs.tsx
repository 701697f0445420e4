// Open recipes as tabs; a dot marks edits that are not saved.
import { Plus, X } from 'lucide-react';
import { IconButton } from '#renderer/ui/button.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { isDirty } from './canvas-document.ts';
import { activate, openPalette, useCanvas } from './canvas-store.ts';
import { close, pickAndOpen } from './document-files.ts';
import css from './workflow-screen.module.css';

export function DocumentTabs() {
  const documents = useCanvas((store) => store.documents);
  const active = useCanvas((store) => store.active);
  return (
    <nav className={css.tabs} aria-label="Open recipes">
      {documents.map((document) => {
        const { key, title, file } = document;
        const edited = isDirty(document);
        return (
          <div key={key} className={css.tab} data-active={key === active || undefined}>
            <button
              type="button"
              className={css.tabName}
              aria-current={key === active ? 'page' : undefined}
              title={file?.path ?? 'Not saved yet'}
              onClick={() => activate(key)}
            >
              {title}
              {edited && (
                <>
                  {' '}
                  <span aria-hidden="true">•</span>
                  <span className="visually-hidden">edited</span>
                </>
              )}
            </button>
            <button
              type="button"
              className={css.tabClose}
              aria-label={`Close ${title}`}
              onClick={() => void close(key)}
            >
              <X aria-hidden="true" />
            </button>
          </div>
        );
      })}
      <span className={css.tabNew}>
        <Menu
          trigger={
            <IconButton label="New or open">
              <Plus aria-hidden="true" />
            </IconButton>
          }
          items={[
            {
              label: 'New recipe…',
              onSelect: () => useCanvas.setState({ dialog: { dialog: 'new' } }),
            },
            {
              label: 'Open a recipe…',
              shortcut: 'Mod+O',
              onSelect: () => openPalette({ page: 'recipes' }),
            },
            { label: 'Open a recipe file…', onSelect: () => void pickAndOpen() },
          ]}
        />
      </span>
    </nav>
  );
}
