// The columns side by side: equal, or as wide as they were dragged; below the least width they scroll sideways.
import { useRef, useState } from 'react';
import { familyName } from '../logic/model-groups.ts';
import { letterOf } from '../logic/column-name.ts';
import type { Column } from '../logic/conversation-changes.ts';
import { isAnyBusy, useChat } from '../state/chat-store.ts';
import { shownColumns } from '../state/blind-actions.ts';
import { ChatColumn } from './chat-column.tsx';
import css from './column.module.css';

/** Pixels below which a column is not read any more. */
const leastWidth = 240;
const keyStep = 0.1;

export function ColumnStrip() {
  const conversation = useChat((state) => state.conversation);
  const blind = useChat((state) => state.blind);
  const busy = useChat(isAnyBusy);
  const columns = shownColumns({ ...useChat.getState(), conversation, blind });
  const strip = useRef<HTMLDivElement>(null);
  const [weights, setWeights] = useState<Readonly<Record<string, number>>>({});
  const weightOf = (id: string) => weights[id] ?? 1;
  const hidden = blind !== undefined && blind.outcome === undefined;
  const families = new Set(columns.map(({ model }) => (model === null ? '' : familyOf(model))));

  /** Moves the border between two neighbours by a share of one column's width. */
  const resize = (left: Column, right: Column, by: number) => {
    const sum = weightOf(left.id) + weightOf(right.id);
    const next = Math.min(sum - 0.3, Math.max(0.3, weightOf(left.id) + by));
    setWeights({ ...weights, [left.id]: next, [right.id]: sum - next });
  };

  return (
    <div
      className={css.strip}
      ref={strip}
      style={{
        gridTemplateColumns: columns
          .map(({ id }) => `minmax(${leastWidth}px, ${weightOf(id)}fr)`)
          .join(' '),
      }}
    >
      {columns.map((column, index) => {
        const next = columns[index + 1];
        return (
          <div key={column.id} className={css.cell}>
            <ChatColumn
              column={column}
              letter={blind === undefined ? undefined : letterOf(index)}
              blind={hidden}
              hiddenTurns={hidden ? (blind.hiddenTurns[column.id] ?? 0) : 0}
              veiled={hidden && busy}
              showName={families.size > 1}
              first={index === 0}
              last={index === columns.length - 1}
            />
            {next !== undefined && (
              <Separator
                value={Math.round(
                  (weightOf(column.id) / (weightOf(column.id) + weightOf(next.id))) * 100,
                )}
                resize={(pixels) => {
                  const width = strip.current?.clientWidth ?? 1;
                  resize(column, next, (pixels / width) * columns.length);
                }}
                step={(direction) => resize(column, next, direction * keyStep)}
                reset={() => setWeights({})}
              />
            )}
          </div>
        );
      })}
    </div>
  );
}

function familyOf(model: NonNullable<Column['model']>): string {
  return familyName(model.level === undefined ? model : { name: model.name, type: model.level });
}

interface SeparatorProps {
  value: number;
  resize: (pixels: number) => void;
  step: (direction: number) => void;
  reset: () => void;
}

function Separator({ value, resize, step, reset }: SeparatorProps) {
  const from = useRef<number | undefined>(undefined);
  return (
    <div
      className={css.separator}
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the column"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value}
      tabIndex={0}
      title="Drag to resize; double-click for equal widths"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = event.clientX;
      }}
      onPointerMove={(event) => {
        if (from.current === undefined) return;
        resize(event.clientX - from.current);
        from.current = event.clientX;
      }}
      onPointerUp={() => (from.current = undefined)}
      onLostPointerCapture={() => (from.current = undefined)}
      onDoubleClick={reset}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        if (event.key === 'ArrowLeft') step(-1);
        else if (event.key === 'ArrowRight') step(1);
        else if (event.key === 'Enter' || event.key === 'Home') reset();
        else return;
        event.preventDefault();
      }}
    />
  );
}
