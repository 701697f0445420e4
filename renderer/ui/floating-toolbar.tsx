// The bar that floats at the bottom of a graph: plain buttons in a row. Canvas and router have one each.
import type { ReactNode } from 'react';
import css from './floating-toolbar.module.css';

/** Buttons are given as they are: `<button type="button">`. */
export function FloatingToolbar({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={css.bar} role="toolbar" aria-label={label}>
      {children}
    </div>
  );
}

export interface HistoryButtonsProps {
  /** What undo would take back; undefined when there is nothing. */
  readonly past: { readonly step: string } | undefined;
  readonly future: { readonly step: string } | undefined;
  readonly onUndo: () => void;
  readonly onRedo: () => void;
}

/** Undo always, Redo where there is something. */
export function HistoryButtons({ past, future, onUndo, onRedo }: HistoryButtonsProps) {
  return (
    <>
      <button
        type="button"
        disabled={past === undefined}
        title={past === undefined ? 'Nothing to undo' : `Undo: ${past.step}`}
        onClick={onUndo}
      >
        Undo
      </button>
      {future !== undefined && (
        <button type="button" title={`Redo: ${future.step}`} onClick={onRedo}>
          Redo
        </button>
      )}
    </>
  );
}
