// The workspace's conversations: search, open, rename, delete. Files that cannot be read say so and can still be deleted.
import { useRef, useState } from 'react';
import { MoreHorizontal, Plus, X } from 'lucide-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { ConversationSummary } from '#src/contract/conversation.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { classNames } from '#renderer/ui/class-names.ts';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { SearchInput, TextInput } from '#renderer/ui/text-input.tsx';
import { useChat } from '../state/chat-store.ts';
import {
  deleteConversation,
  openConversation,
  renameConversation,
  startConversation,
} from '../state/conversation-actions.ts';
import { readList } from '../state/conversation-keeper.ts';
import side from '../side-panel.module.css';
import css from './conversation-list.module.css';

export function ConversationList() {
  const summaries = useChat((state) => state.summaries);
  const problem = useChat((state) => state.summariesProblem);
  const open = useChat(({ conversation }) => conversation.id);
  const [search, setSearch] = useState('');
  const scroller = useRef<HTMLDivElement>(null);
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = summaries
    .filter(({ title, models }) => {
      const text = `${title} ${models.join(' ')}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((left, right) => right.changedAt - left.changedAt);
  const virtualizer = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 52,
    getItemKey: (index) => shown[index]?.id ?? index,
    overscan: 8,
  });
  return (
    <aside className={classNames(side.panel, css.panel)} aria-label="Conversations">
      <header className={side.head}>
        <h2>Conversations</h2>
        <IconButton label="New conversation" onClick={() => void startConversation()}>
          <Plus aria-hidden="true" />
        </IconButton>
        <IconButton
          label="Close panel"
          onClick={() => useChat.setState({ conversationsOpen: false })}
        >
          <X aria-hidden="true" />
        </IconButton>
      </header>
      <div className={css.search}>
        <SearchInput
          label="Search conversations"
          placeholder="Search"
          value={search}
          onChange={setSearch}
        />
      </div>
      {problem !== undefined && (
        <ErrorNotice
          error={problem}
          action={<Button onClick={() => void readList()}>Read again</Button>}
        />
      )}
      <div
        className={css.scroller}
        ref={scroller}
        tabIndex={0}
        role="group"
        aria-label="All conversations"
      >
        {shown.length === 0 && (
          <p className={css.none}>
            {search === ''
              ? 'Nothing is saved yet. A conversation is kept as soon as it has a column.'
              : `No conversation matches “${search}”.`}
          </p>
        )}
        <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
          {virtualizer.getVirtualItems().map((item) => {
            const summary = shown[item.index];
            return summary === undefined ? null : (
              <div
                key={item.key}
                className={css.row}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <ConversationRow summary={summary} open={summary.id === open} />
              </div>
            );
          })}
        </div>
      </div>
    </aside>
  );
}

function ConversationRow({ summary, open }: { summary: ConversationSummary; open: boolean }) {
  const [renaming, setRenaming] = useState<string | undefined>();
  const title = summary.title === '' ? 'Untitled' : summary.title;
  if (renaming !== undefined) {
    const done = () => {
      setRenaming(undefined);
      if (renaming.trim() !== '' && renaming !== summary.title) {
        void renameConversation(summary.id, renaming.trim());
      }
    };
    return (
      <div className={css.renaming}>
        <TextInput
          label="Title"
          value={renaming}
          autoFocus
          maxLength={500}
          onChange={setRenaming}
          onBlur={done}
          onKeyDown={(event) => {
            if (event.key === 'Enter') done();
            if (event.key === 'Escape') {
              event.stopPropagation();
              setRenaming(undefined);
            }
          }}
        />
      </div>
    );
  }
  return (
    <div className={css.line} data-open={open || undefined}>
      <button
        type="button"
        className={css.open}
        aria-current={open || undefined}
        disabled={summary.problem !== undefined}
        title={summary.problem ?? summary.models.join('\n')}
        onClick={() => void openConversation(summary.id)}
        onKeyDown={(event) => {
          if (event.key === 'F2') setRenaming(title);
          if (event.key === 'Delete') void deleteConversation(summary);
        }}
      >
        <span className={css.title}>{title}</span>
        <span className={css.about} data-broken={summary.problem !== undefined || undefined}>
          {summary.problem ?? `${dayOf(summary.changedAt)} · ${models(summary.models)}`}
        </span>
      </button>
      <Menu
        align="end"
        trigger={
          <IconButton label={`Menu of ${title}`} className={css.menu}>
            <MoreHorizontal aria-hidden="true" />
          </IconButton>
        }
        items={[
          {
            label: 'Rename',
            shortcut: 'F2',
            disabled: summary.problem !== undefined,
            onSelect: () => setRenaming(title),
          },
          {
            label: 'Delete…',
            danger: true,
            shortcut: 'Delete',
            onSelect: () => void deleteConversation(summary),
          },
        ]}
      />
    </div>
  );
}

function models(names: readonly string[]): string {
  if (names.length === 0) return 'no model';
  return names.length === 1 ? (names[0] ?? '') : `${names.length} models`;
}

/** The time for today, else the day. */
function dayOf(time: number): string {
  const date = new Date(time);
  const today = new Date().toDateString() === date.toDateString();
  return today
    ? date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}
