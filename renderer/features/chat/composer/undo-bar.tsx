// The way back from the last edit or removal, and what could not be saved.
import { Button } from '#renderer/ui/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { undo } from '../state/chat-actions.ts';
import { useChat } from '../state/chat-store.ts';
import { saveNow } from '../state/conversation-keeper.ts';
import css from './composer.module.css';

export function UndoBar() {
  const step = useChat((state) => state.undo);
  if (step === undefined) return null;
  return (
    <div className={css.bar} role="status" data-keep-clear>
      <div className={css.words}>{step.text}</div>
      <Button onClick={() => void undo()}>Undo</Button>
      <Button variant="quiet" onClick={() => useChat.setState({ undo: undefined })}>
        Dismiss
      </Button>
    </div>
  );
}

export function SaveNotice() {
  const save = useChat((state) => state.save);
  if (save.state !== 'failed') return null;
  return (
    <div className={css.bar} data-keep-clear>
      <ErrorNotice
        error={save.problem}
        action={<Button onClick={() => void saveNow()}>Save again</Button>}
      />
    </div>
  );
}
