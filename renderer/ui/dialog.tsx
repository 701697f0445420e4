// A dialog over the window: title, content, actions at the bottom right; Escape and the cross close it. And `confirm`, which
// asks before something that cannot be taken back; `ConfirmHost` stands once in the window.
import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { useRef, type ReactNode, type RefObject } from 'react';
import { Button } from './button.tsx';
import { classNames } from './class-names.ts';
import css from './dialog.module.css';
import { createExternalStore, useExternalStore } from './external-store.ts';

export interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons, the one that does it last. */
  actions?: ReactNode;
  width?: number;
  /** What has the focus first; otherwise the first control. */
  initialFocus?: RefObject<HTMLElement | null>;
}

export function Dialog({
  open,
  onClose,
  title,
  description,
  children,
  actions,
  width = 480,
  initialFocus,
}: DialogProps) {
  return (
    <Shade open={open} onClose={onClose}>
      <Base.Popup
        className={css.popup}
        style={{ width }}
        {...(initialFocus === undefined ? {} : { initialFocus })}
      >
        <header className={css.header}>
          <Base.Title className={css.title}>{title}</Base.Title>
        </header>
        {description !== undefined && (
          <Base.Description className={css.description}>{description}</Base.Description>
        )}
        {children !== undefined && <div className={css.content}>{children}</div>}
        {actions !== undefined && <footer className={css.actions}>{actions}</footer>}
        {/* Last, so that what the dialog is about has the focus first. */}
        <Base.Close className={css.close} aria-label="Close">
          <X aria-hidden="true" />
        </Base.Close>
      </Base.Popup>
    </Shade>
  );
}

export interface BareDialogProps {
  open: boolean;
  onClose: () => void;
  /** Accessible name; nothing is shown. */
  label: string;
  children: ReactNode;
}

/** A dialog without title and frame of its own, near the top of the window: palettes. */
export function BareDialog({ open, onClose, label, children }: BareDialogProps) {
  return (
    <Shade open={open} onClose={onClose}>
      <Base.Popup className={classNames(css.popup, css.bare)} aria-label={label}>
        {children}
      </Base.Popup>
    </Shade>
  );
}

/** The darkened window that a dialog stands on; a click on it and Escape close the dialog. */
function Shade({
  open,
  onClose,
  children,
}: Pick<BareDialogProps, 'open' | 'onClose' | 'children'>) {
  return (
    <Base.Root
      open={open}
      onOpenChange={(next) => {
        if (!next) onClose();
      }}
    >
      <Base.Portal>
        <Base.Backdrop className={css.backdrop} />
        {children}
      </Base.Portal>
    </Base.Root>
  );
}

export interface ConfirmOptions {
  title: string;
  text: string;
  /** What the button says: `Remove job`. */
  action: string;
  danger?: boolean;
  cancel?: string;
}

interface Question extends ConfirmOptions {
  readonly answer: (yes: boolean) => void;
}

const questions = createExternalStore<readonly Question[]>([]);

/** Resolves true when the user chose the action, false when the dialog was closed any other way. */
export function confirm(options: ConfirmOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const question: Question = {
      ...options,
      answer(yes) {
        questions.set(questions.get().filter((other) => other !== question));
        resolve(yes);
      },
    };
    questions.set([...questions.get(), question]);
  });
}

export function ConfirmHost() {
  const question = useExternalStore(questions)[0];
  const cancel = useRef<HTMLButtonElement>(null);
  if (question === undefined) return null;
  return (
    <Dialog
      open
      onClose={() => question.answer(false)}
      title={question.title}
      description={question.text}
      width={420}
      {...(question.danger === true ? { initialFocus: cancel } : {})}
      actions={
        <>
          <Button ref={cancel} onClick={() => question.answer(false)}>
            {question.cancel ?? 'Cancel'}
          </Button>
          <Button
            variant={question.danger === true ? 'danger' : 'primary'}
            onClick={() => question.answer(true)}
          >
            {question.action}
          </Button>
        </>
      }
    />
  );
}
