// A file was written by another program since it was opened: nothing is overwritten without the user's word. Of the ways on,
// the safest has the focus.
import { useRef } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';

export interface ConflictDialogProps {
  /** The document's name. */
  readonly name: string;
  readonly path: string;
  readonly onClose: () => void;
  readonly onOverwrite: () => unknown;
  /** `Take the file’s text` */
  readonly takeLabel: string;
  readonly onTake: () => unknown;
  /** Where a copy of the edits can be kept: `Keep mine as a copy`. */
  readonly onCopy?: (() => unknown) | undefined;
}

export function ConflictDialog({
  name,
  path,
  onClose,
  onOverwrite,
  takeLabel,
  onTake,
  onCopy,
}: ConflictDialogProps) {
  const safest = useRef<HTMLButtonElement>(null);
  const then = (run: () => unknown) => () => {
    onClose();
    run();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`${name} was changed by another program`}
      description={`${path} is not what was opened here any more. Both versions are still there.`}
      width={560}
      initialFocus={safest}
      actions={
        <>
          <Button variant="danger" onClick={then(onOverwrite)}>
            Overwrite the file
          </Button>
          {onCopy === undefined ? (
            <Button ref={safest} variant="primary" onClick={then(onTake)}>
              {takeLabel}
            </Button>
          ) : (
            <>
              <Button onClick={then(onTake)}>{takeLabel}</Button>
              <Button ref={safest} variant="primary" onClick={then(onCopy)}>
                Keep mine as a copy
              </Button>
            </>
          )}
        </>
      }
    />
  );
}
