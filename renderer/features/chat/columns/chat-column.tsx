// One column: head, notices, turns, and the window's bar. It is drawn again when its own turns or state change, not with
// every token and not with the other columns.
import { memo, useState } from 'react';
import { levelColor } from '#renderer/theme/level-color.ts';
import { shortName } from '../logic/column-name.ts';
import type { Column } from '../logic/conversation-changes.ts';
import { idleColumn, isBusy, useChat } from '../state/chat-store.ts';
import { ColumnOptionsDialog } from '../dialogs/column-options-dialog.tsx';
import { TurnList } from '../turns/turn-list.tsx';
import { ColumnHead } from './column-head.tsx';
import { ColumnNotices } from './column-notices.tsx';
import css from './column.module.css';
import { useLiveFigures } from './use-live-figures.ts';
import { WindowBar } from './window-bar.tsx';

export interface ChatColumnProps {
  column: Column;
  /** `A`: its name during a blind round. */
  letter: string | undefined;
  /** What would tell the model is hidden. */
  blind: boolean;
  hiddenTurns: number;
  /** Answers of the round are not shown before all are there. */
  veiled: boolean;
  showName: boolean;
  first: boolean;
  last: boolean;
}

export const ChatColumn = memo(function ChatColumn({
  column,
  letter,
  blind,
  hiddenTurns,
  veiled,
  showName,
  first,
  last,
}: ChatColumnProps) {
  const runtime = useChat((state) => state.runtime[column.id] ?? idleColumn);
  const windowAsked = useChat(({ conversation }) => conversation.contextSize);
  const [optionsOpen, setOptionsOpen] = useState(false);
  const streaming = isBusy(runtime);
  const live = useLiveFigures(column.id, streaming);
  const measured = column.turns.findLast(
    (turn) => turn.measured !== undefined && turn.measured.windowSize > 0,
  )?.measured;
  const lastMeasured = column.turns.findLast(
    (turn) => turn.role === 'assistant' && turn.measured !== undefined,
  )?.measured;
  const color =
    blind || column.model?.level === undefined ? 'var(--accent)' : levelColor(column.model.level);
  const name = blind && letter !== undefined ? letter : shortName(column.model);
  return (
    <section className={css.column} aria-label={`Column ${name}`}>
      <ColumnHead
        column={column}
        letter={letter}
        blind={blind}
        figures={live ?? lastMeasured}
        showName={showName}
        busy={streaming}
        first={first}
        last={last}
        openOptions={() => setOptionsOpen(true)}
      />
      <ColumnNotices
        runtime={runtime}
        asked={column.contextSize ?? windowAsked}
        color={color}
        blind={blind}
      />
      {hiddenTurns > 0 && <p className={css.state}>Earlier turns are hidden until you vote.</p>}
      <TurnList
        column={column.id}
        name={name}
        turns={column.turns}
        hidden={hiddenTurns}
        streaming={streaming}
        blind={blind}
        veiled={veiled}
      />
      {!blind && (
        <WindowBar
          used={column.turns.length === 0 ? 0 : (measured?.windowUsed ?? 0)}
          size={runtime.loaded?.contextSize ?? measured?.windowSize}
          color={color}
        />
      )}
      {optionsOpen && <ColumnOptionsDialog column={column} close={() => setOptionsOpen(false)} />}
      <Announcer name={name} column={column} busy={streaming || veiled} />
    </section>
  );
});

/** Says a finished answer once; while it is made, only that it is. */
function Announcer({ name, column, busy }: { name: string; column: Column; busy: boolean }) {
  const said = column.turns.at(-1);
  const [before] = useState(said);
  const text = said?.role === 'assistant' && said !== before ? `${name}: ${said.text}` : '';
  return (
    <div className="visually-hidden" aria-live="polite" aria-busy={busy}>
      {busy ? `${name} is answering` : text}
    </div>
  );
}
