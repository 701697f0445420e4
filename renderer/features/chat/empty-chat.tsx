// A conversation without columns: what to start with, from what the library holds.
import { Button } from '#renderer/ui/button.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { Skeleton } from '#renderer/ui/skeleton.tsx';
import { goTo } from '#renderer/stores/navigation-store.ts';
import { suggestions } from './logic/model-groups.ts';
import { addEntries, readLibrary } from './state/column-actions.ts';
import { useChat } from './state/chat-store.ts';
import css from './chat-screen.module.css';

export function EmptyChat() {
  const library = useChat((state) => state.library);
  const problem = useChat((state) => state.libraryProblem);
  if (problem !== undefined) {
    return (
      <div className={css.middle}>
        <ErrorNotice
          error={problem}
          action={<Button onClick={() => void readLibrary()}>Read the library again</Button>}
        />
      </div>
    );
  }
  if (library === undefined) {
    return (
      <div className={css.loading}>
        <Skeleton label="Reading the library" />
      </div>
    );
  }
  const groups = suggestions(library, 5);
  const choose = (
    <Button onClick={() => useChat.setState({ choosingFor: 'new' })}>Choose a model…</Button>
  );
  if (groups.length === 0) {
    return (
      <div className={css.middle}>
        <EmptyState
          title="No model to chat with yet"
          text="The library holds no GGUF. Build one in Workflow: the template “One domain” makes a parent of the embedded Seedling model at several levels in seconds."
          actions={
            <>
              <Button variant="primary" onClick={() => goTo('workflow')}>
                Go to Workflow
              </Button>
              {choose}
            </>
          }
        />
      </div>
    );
  }
  return (
    <div className={css.middle}>
      <div className={css.intro}>
        <EmptyState
          title="Pick models to compare"
          text="One prompt, a column for each model: levels of one model, adapters on one base, or any mix."
          actions={choose}
        />
      </div>
      <ul className={css.suggestions} aria-label="Suggestions from the library">
        {groups.map(({ title, entries }) => (
          <li key={title}>
            <button type="button" className={css.suggestion} onClick={() => addEntries(entries)}>
              <span className={css.suggestionTitle}>{title}</span>
              <span className={css.levels}>
                {entries.map((entry) => (
                  <LevelTag key={entry.file.id} level={entry.type ?? entry.format} />
                ))}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
