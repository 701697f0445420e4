// How much of a column's window the conversation takes: a line in the level's colour and both figures.
import { formatCount } from '#src/text/format-number.ts';
import { ProgressBar } from '#renderer/ui/progress-bar.tsx';
import css from './column.module.css';

export interface WindowBarProps {
  used: number;
  /** Undefined while nothing is loaded. */
  size: number | undefined;
  color: string;
}

export function WindowBar({ used, size, color }: WindowBarProps) {
  return (
    <div className={css.window} title="Tokens of the context window that are used">
      <ProgressBar done={used} total={size ?? 1} color={color} label="Window used" />
      <span className="num">
        {formatCount(used)} / {size === undefined ? '–' : formatCount(size)}
      </span>
    </div>
  );
}
