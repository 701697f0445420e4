// A job's log, live. It follows the end until the reader scrolls up; any number of lines.
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { JobLogLine } from '#src/contract/jobs.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import css from './jobs.module.css';
import { clockText, logAsText } from './log-text.ts';

const lineHeight = 18;
/** Milliseconds between drawings while lines pour in. */
const interval = 100;

export function JobLog({ job }: { job: string }) {
  const { lines, error, ended } = useLog(job);
  const scroller = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const lastTop = useRef(0);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 20,
  });
  useEffect(() => {
    const element = scroller.current;
    if (!following || element === null) return undefined;
    const toEnd = () => (element.scrollTop = element.scrollHeight);
    // A frame later, when the lines have their height; once more when the list has taken up its place, and whenever the
    // panel gets another size.
    let frame = requestAnimationFrame(() => {
      toEnd();
      frame = requestAnimationFrame(toEnd);
    });
    const resized = new ResizeObserver(toEnd);
    resized.observe(element);
    return () => {
      cancelAnimationFrame(frame);
      resized.disconnect();
    };
  }, [following, lines]);
  return (
    <div className={css.log}>
      <div
        ref={scroller}
        className={css.lines}
        role="log"
        aria-label="Log"
        aria-live="off"
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          // Lines that arrived since are not the reader's doing: only a way back up leaves the end.
          if (scrollHeight - scrollTop - clientHeight < lineHeight * 1.5) setFollowing(true);
          else if (scrollTop < lastTop.current) setFollowing(false);
          lastTop.current = scrollTop;
        }}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const line = lines[index];
            if (line === undefined) return null;
            return (
              <div
                key={index}
                className={css.line}
                data-level={line.level}
                style={{ transform: `translateY(${start}px)` }}
              >
                <span>{clockText(line.time)}</span>
                {line.level === 'error' || line.level === 'warning' ? `${line.level}: ` : ''}
                {line.text}
              </div>
            );
          })}
        </div>
        {lines.length === 0 && error === undefined && (
          <p className={css.muted}>{ended ? 'The log is empty.' : 'Nothing said yet.'}</p>
        )}
        {error !== undefined && <ErrorNotice error={error} />}
      </div>
      <div className={css.logTools}>
        {!following && (
          <Button icon={<ArrowDown aria-hidden="true" />} onClick={() => setFollowing(true)}>
            Follow the end
          </Button>
        )}
        {lines.length > 0 && <CopyButton label="Copy the log" text={() => logAsText(lines)} />}
      </div>
    </div>
  );
}

interface Log {
  readonly lines: readonly JobLogLine[];
  readonly error: unknown;
  readonly ended: boolean;
}

/** The log so far and what comes, gathered so that a thousand lines a second draw ten times. */
function useLog(job: string): Log {
  const [log, setLog] = useState<Log>({ lines: [], error: undefined, ended: false });
  useEffect(() => {
    const stop = new AbortController();
    const lines: JobLogLine[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = (rest: Partial<Log> = {}) => {
      clearTimeout(timer);
      timer = undefined;
      if (!stop.signal.aborted) setLog((before) => ({ ...before, ...rest, lines: lines.slice() }));
    };
    studio()
      .call(
        'followJobLog',
        { job },
        {
          signal: stop.signal,
          onEvent(event) {
            for (const line of event.lines) lines.push(line);
            timer ??= setTimeout(show, interval);
          },
        },
      )
      .then(
        () => show({ ended: true }),
        (error: unknown) => show({ error }),
      );
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [job]);
  return log;
}
