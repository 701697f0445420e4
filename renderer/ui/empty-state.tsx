// A place with nothing in it yet: what belongs here and what to do next.
import type { ReactNode } from 'react';
import css from './empty-state.module.css';

export interface EmptyStateProps {
  title: string;
  text: ReactNode;
  /** Buttons. */
  actions?: ReactNode;
  icon?: ReactNode;
}

export function EmptyState({ title, text, actions, icon }: EmptyStateProps) {
  return (
    <div className={css.empty}>
      {icon}
      <h2>{title}</h2>
      <div className={css.text}>{text}</div>
      {actions !== undefined && <div className={css.actions}>{actions}</div>}
    </div>
  );
}
