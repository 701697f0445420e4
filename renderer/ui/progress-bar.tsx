// Progress as a line of 3 px. Without a total it only says that something is at work.
import css from './progress-bar.module.css';
import { classNames } from './class-names.ts';

export interface ProgressBarProps {
  done: number;
  /** 0 or undefined: not known yet. */
  total: number | undefined;
  /** A CSS colour of the tokens; the accent otherwise. */
  color?: string | undefined;
  label?: string;
}

export function ProgressBar({ done, total, color, label = 'Progress' }: ProgressBarProps) {
  const known = total !== undefined && total > 0;
  const share = known ? Math.min(1, Math.max(0, done / total)) : undefined;
  return (
    <div
      className={css.bar}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share === undefined ? undefined : Math.round(share * 100)}
    >
      <b
        className={classNames(share === undefined && css.unknown)}
        style={{
          ...(share === undefined ? {} : { width: `${(share * 100).toFixed(2)}%` }),
          ...(color === undefined ? {} : { background: color }),
        }}
      />
    </div>
  );
}
