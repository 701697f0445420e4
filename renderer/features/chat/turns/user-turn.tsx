// One prompt of a column. It can be copied, or edited and sent again; what came after it then goes, with a way back.
import { memo, useState } from 'react';
import { Pencil } from 'lucide-react';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { TextArea } from '#renderer/ui/text-input.tsx';
import { columnsWithPrompt } from '../logic/conversation-changes.ts';
import { editAndResend, regenerate } from '../state/chat-actions.ts';
import { useChat } from '../state/chat-store.ts';
import css from './turn.module.css';

export interface UserTurnProps {
  column: string;
  index: number;
  text: string;
  /** Something runs in the column. */
  busy: boolean;
  /** The last turn of its column, and nothing answers it: the window was closed meanwhile. */
  unanswered: boolean;
}

export const UserTurn = memo(function UserTurn({
  column,
  index,
  text,
  busy,
  unanswered,
}: UserTurnProps) {
  const [editing, setEditing] = useState(false);
  if (editing) {
    return (
      <EditedPrompt column={column} index={index} text={text} close={() => setEditing(false)} />
    );
  }
  return (
    <div className={css.user}>
      <p>{text}</p>
      {unanswered && (
        <Button className={css.unanswered} onClick={() => regenerate(column)}>
          Answer now
        </Button>
      )}
      <div className={css.userActions}>
        <CopyButton text={text} label="Copy prompt" />
        <IconButton label="Edit and send again" disabled={busy} onClick={() => setEditing(true)}>
          <Pencil aria-hidden="true" />
        </IconButton>
      </div>
    </div>
  );
});

interface EditedPromptProps {
  column: string;
  index: number;
  text: string;
  close: () => void;
}

function EditedPrompt({ column, index, text, close }: EditedPromptProps) {
  const [edited, setEdited] = useState(text);
  const shared = useChat(({ conversation }) => columnsWithPrompt(conversation, index, text).length);
  const resend = (all: boolean) => {
    if (edited.trim() === '') return;
    close();
    editAndResend(column, index, edited, all);
  };
  return (
    <div className={css.editing}>
      <TextArea
        label="Prompt"
        value={edited}
        autoFocus
        onChange={setEdited}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            close();
          }
          if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            resend(shared > 1);
          }
        }}
      />
      <div className={css.editActions}>
        <Button variant="quiet" onClick={close}>
          Cancel
        </Button>
        {shared > 1 && <Button onClick={() => resend(false)}>Send here</Button>}
        <Button variant="primary" onClick={() => resend(shared > 1)}>
          {shared > 1 ? `Send to ${shared} columns` : 'Send again'}
        </Button>
      </div>
    </div>
  );
}
