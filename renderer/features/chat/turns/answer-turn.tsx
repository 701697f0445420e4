// One finished answer: its text, how it ended, where it first differs, and what can be done with it.
import { memo } from 'react';
import { RotateCcw } from 'lucide-react';
import type { Turn } from '#src/contract/conversation.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { endNote, figuresLine } from '../logic/answer-figures.ts';
import { shortName } from '../logic/column-name.ts';
import { differenceRange } from '../logic/difference-mark.ts';
import { regenerate } from '../state/chat-actions.ts';
import { useChat } from '../state/chat-store.ts';
import { startConversation } from '../state/conversation-actions.ts';
import { AnswerMarkdown } from './answer-markdown.tsx';
import { DifferenceCard } from './difference-card.tsx';
import css from './turn.module.css';

export interface AnswerTurnProps {
  column: string;
  turn: Turn;
  /** The last turn of its column and nothing runs there: it can be made again. */
  last: boolean;
  /** Names and figures are hidden: a blind round. */
  blind: boolean;
}

export const AnswerTurn = memo(function AnswerTurn({ column, turn, last, blind }: AnswerTurnProps) {
  const maxTokens = useChat(({ conversation }) => conversation.sampling.maxTokens);
  const { measured, problem } = turn;
  const note = endNote(measured, maxTokens);
  const difference = blind ? undefined : turn.difference;
  const mark = difference === undefined ? undefined : differenceRange(turn.text, difference, 1);
  return (
    <article className={css.answer} data-last={last || undefined}>
      {turn.text !== '' && <AnswerMarkdown text={turn.text} mark={mark} />}
      {turn.text === '' && problem === undefined && note === undefined && (
        <p className={css.none}>The model ended its answer without a word.</p>
      )}
      {note !== undefined && (
        <p className={css.note}>
          <Chip tone={measured?.stopReason === 'abort' ? 'neutral' : 'warn'}>{note}</Chip>
        </p>
      )}
      {problem !== undefined && (
        <div className={css.problem}>
          {turn.text !== '' && <p className={css.note}>The answer broke off here.</p>}
          <ErrorNotice
            error={problem}
            action={last ? <ProblemActions column={column} code={problem.code} /> : undefined}
          />
        </div>
      )}
      {difference !== undefined && <NamedDifference difference={difference} />}
      <footer className={css.actions}>
        <span className={`num ${css.figures ?? ''}`}>
          {!blind && measured !== undefined && measured.tokens > 0 && figuresLine(measured)}
        </span>
        <CopyButton text={turn.text} label="Copy answer" />
        {last && (
          <Menu
            trigger={
              <IconButton label="Answer again">
                <RotateCcw aria-hidden="true" />
              </IconButton>
            }
            align="end"
            items={[
              { label: 'Answer again in this column', onSelect: () => regenerate(column) },
              {
                label: 'Answer again in all columns',
                shortcut: 'Mod+R',
                onSelect: () => regenerate(),
              },
            ]}
          />
        )}
      </footer>
    </article>
  );
});

function ProblemActions({ column, code }: { column: string; code: string }) {
  if (code === 'chat/too-long') {
    return (
      <>
        <Button onClick={() => void startConversation()}>New conversation, same columns</Button>
        <Button variant="quiet" onClick={() => useChat.setState({ samplerOpen: true })}>
          Change the window
        </Button>
      </>
    );
  }
  const otherModel = (
    <Button variant="quiet" onClick={() => useChat.setState({ choosingFor: column })}>
      Choose another model
    </Button>
  );
  // The same conversation is refused again.
  if (code === 'chat/template') {
    return (
      <>
        <Button onClick={() => void startConversation()}>New conversation, same columns</Button>
        {otherModel}
      </>
    );
  }
  return (
    <>
      <Button onClick={() => regenerate(column)}>Try again</Button>
      {otherModel}
    </>
  );
}

/** The card needs the columns' names; only it is drawn again when they change. */
function NamedDifference({ difference }: { difference: NonNullable<Turn['difference']> }) {
  const columns = useChat(({ conversation }) => conversation.columns);
  const names = new Map(columns.map(({ id, model }) => [id, shortName(model)]));
  return (
    <DifferenceCard difference={difference} nameOf={(id) => names.get(id) ?? 'A removed column'} />
  );
}
