// What went wrong, in its place: message, hint, and a way on.
import { CircleAlert, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { describeError } from './describe-error.ts';
import css from './empty-state.module.css';

export interface ErrorNoticeProps {
  /** Anything thrown, or an object with message and hint. */
  error: unknown;
  /** Buttons: try again, choose another file. */
  action?: ReactNode;
  /** A warning stops nothing. */
  tone?: 'bad' | 'warn';
}

export function ErrorNotice({ error, action, tone = 'bad' }: ErrorNoticeProps) {
  const described = describeError(error);
  if (described === undefined) return null;
  return (
    <div className={css.notice} role="alert" data-tone={tone}>
      {tone === 'bad' ? <CircleAlert aria-hidden="true" /> : <TriangleAlert aria-hidden="true" />}
      <div className={css.words}>
        <p>{described.message}</p>
        {described.hint !== undefined && <p className={css.text}>{described.hint}</p>}
        {action !== undefined && <div className={css.actions}>{action}</div>}
      </div>
    </div>
  );
}
