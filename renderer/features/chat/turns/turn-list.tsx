// The turns of a column. Only those in sight are in the page, so that 500 turns cost what ten do; the end stays in sight
// while an answer grows, unless one has scrolled up.
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useLayoutEffect, useRef } from 'react';
import type { Turn } from '#src/contract/conversation.ts';
import { AnswerTurn } from './answer-turn.tsx';
import { StreamingAnswer } from './streaming-answer.tsx';
import { UserTurn } from './user-turn.tsx';
import css from './turn.module.css';

export interface TurnListProps {
  column: string;
  /** Accessible name: `Q4_K_M`. */
  name: string;
  turns: readonly Turn[];
  /** The first turns that are not shown. */
  hidden: number;
  streaming: boolean;
  /** Names and figures are hidden. */
  blind: boolean;
  /** The answer that is being made, and those of the round, are not shown yet. */
  veiled: boolean;
}

/** Close enough to the end to stay there. */
const nearEnd = 48;

export const TurnList = memo(function TurnList({
  column,
  name,
  turns,
  hidden,
  streaming,
  blind,
  veiled,
}: TurnListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const lastTop = useRef(0);
  const count = turns.length - hidden + (streaming ? 1 : 0);
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (turns[index + hidden]?.role === 'user' ? 48 : 160),
    getItemKey: (index) => index + hidden,
    overscan: 4,
    paddingStart: 20,
    paddingEnd: 20,
  });
  // At the end, the end is kept in sight; elsewhere, what is read.
  virtualizer.shouldAdjustScrollPositionOnItemSizeChange = (item, _delta, instance) =>
    !stuck.current && item.start < (instance.scrollOffset ?? 0);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element !== null && stuck.current) element.scrollTop = element.scrollHeight;
  }, [count]);

  useEffect(() => {
    const element = scroller.current;
    const inner = content.current;
    if (element === null || inner === null) return;
    const observer = new ResizeObserver(() => {
      if (stuck.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(inner);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  return (
    <div
      className={css.scroller}
      ref={scroller}
      tabIndex={0}
      role="group"
      aria-label={`Conversation with ${name}`}
      data-column={column}
      onScroll={(event) => {
        const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
        const isNear = scrollHeight - scrollTop - clientHeight < nearEnd;
        // Content that grows puts the end out of sight too; only scrolling up leaves it.
        if (isNear) stuck.current = true;
        else if (scrollTop < lastTop.current - 1) stuck.current = false;
        lastTop.current = scrollTop;
      }}
    >
      <div className={css.content} ref={content} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const index = item.index + hidden;
          const turn = turns[index];
          return (
            <div
              key={item.key}
              data-index={item.index}
              ref={virtualizer.measureElement}
              className={css.row}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {turn === undefined || (veiled && turn.role === 'assistant') ? (
                <StreamingAnswer column={column} hidden={veiled} />
              ) : turn.role === 'user' ? (
                <UserTurn
                  column={column}
                  index={index}
                  text={turn.text}
                  busy={streaming}
                  unanswered={!streaming && index === turns.length - 1}
                />
              ) : (
                <AnswerTurn
                  column={column}
                  turn={turn}
                  last={!streaming && index === turns.length - 1}
                  blind={blind}
                />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
});
