// What a column has to say about itself between its head and its turns: loading, waiting, a smaller window, a template that
// cannot be used.
import { TriangleAlert } from 'lucide-react';
import { ProgressBar } from '#renderer/ui/progress-bar.tsx';
import { contextNote } from '../logic/context-presets.ts';
import type { ColumnRuntime } from '../state/chat-store.ts';
import css from './column.module.css';

export interface ColumnNoticesProps {
  runtime: ColumnRuntime;
  asked: number | undefined;
  color: string;
  /** Only that it is at work; nothing that would tell the model. */
  blind: boolean;
}

export function ColumnNotices({ runtime, asked, color, blind }: ColumnNoticesProps) {
  const { phase, reason, progress, loaded } = runtime;
  const note = loaded === undefined ? undefined : contextNote(asked, loaded);
  return (
    <>
      <div className={css.progress}>
        {phase === 'loading' && (
          <ProgressBar
            done={progress?.done ?? 0}
            total={blind ? undefined : progress?.total}
            color={blind ? undefined : color}
            label="Loading the model"
          />
        )}
      </div>
      {phase === 'loading' && (
        <p className={css.state}>
          {blind || reason === undefined ? `Loading the model${percent(progress)}…` : reason}
        </p>
      )}
      {phase === 'waiting' && (
        <p className={css.state}>{blind ? 'Waiting.' : (reason ?? 'Waiting for its turn.')}</p>
      )}
      {!blind && loaded?.templateProblem !== undefined && (
        <p className={css.warning}>
          <TriangleAlert aria-hidden="true" />
          {loaded.templateProblem}
        </p>
      )}
      {!blind && note !== undefined && <p className={css.state}>{note}</p>}
    </>
  );
}

function percent(progress: ColumnRuntime['progress']): string {
  if (progress === undefined || progress.total <= 0) return '';
  return ` ${Math.round((progress.done / progress.total) * 100)} %`;
}
