// What a screen puts into the top bar: its crumb and its actions. The bar offers two slots; the screen's content goes there
// through portals, so state and handlers stay in the screen.
import type { ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { createExternalStore, useExternalStore } from './external-store.ts';
import css from './screen-header.module.css';

const crumbSlot = createExternalStore<HTMLElement | null>(null);
const actionsSlot = createExternalStore<HTMLElement | null>(null);

export interface ScreenHeaderProps {
  /** `Workflow`, `Chat · fracture, first aid`. */
  crumb: ReactNode;
  /** Chips and buttons at the right, the primary one last. */
  actions?: ReactNode;
}

export function ScreenHeader({ crumb, actions }: ScreenHeaderProps) {
  const crumbElement = useExternalStore(crumbSlot);
  const actionsElement = useExternalStore(actionsSlot);
  return (
    <>
      {crumbElement !== null && createPortal(<h1 className={css.crumb}>{crumb}</h1>, crumbElement)}
      {actionsElement !== null && actions !== undefined && createPortal(actions, actionsElement)}
    </>
  );
}

/** The places in the top bar; drawn once by the shell. */
export function ScreenHeaderSlots() {
  return (
    <>
      <div className={css.crumbSlot} ref={crumbSlot.set} />
      <div className={css.actionsSlot} ref={actionsSlot.set} />
    </>
  );
}
