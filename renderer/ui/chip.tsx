// A small word of state. Tone never speaks alone: the word says it.
import type { ReactNode } from 'react';
import css from './chip.module.css';
import { classNames } from './class-names.ts';

export interface ChipProps {
  tone?: 'neutral' | 'accent' | 'ok' | 'warn' | 'bad';
  title?: string | undefined;
  children: ReactNode;
}

export function Chip({ tone = 'neutral', title, children }: ChipProps) {
  return (
    <span className={classNames(css.chip, css[tone])} title={title}>
      {children}
    </span>
  );
}

export interface FilterChipProps {
  pressed: boolean;
  onChange: (pressed: boolean) => void;
  /** How many it stands for. */
  count?: number | undefined;
  children: ReactNode;
}

/** A chip that is on or off: one value of a filter. */
export function FilterChip({ pressed, onChange, count, children }: FilterChipProps) {
  return (
    <button
      type="button"
      className={css.filter}
      aria-pressed={pressed}
      onClick={() => onChange(!pressed)}
    >
      {children}
      {count !== undefined && <span className="num">{count}</span>}
    </button>
  );
}
