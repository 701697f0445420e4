// The frame of every dialog that starts a measuring job: what is missing or what it will take beside the button, the job
// started once, what refused it shown, and its run opened when it is there.
import { useState, type ReactNode } from 'react';
import { showJob } from '#renderer/stores/navigation-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Dialog } from '#renderer/ui/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { openWhenDone } from '../compare-store.ts';
import css from './add-run.module.css';

export interface StartJobDialogProps {
  readonly onClose: () => void;
  readonly title?: string;
  /** What the button says. */
  readonly action?: string;
  /** Why it cannot be started yet. */
  readonly missing: string | undefined;
  /** What it will take, shown when nothing is missing. */
  readonly cost: string;
  /** Starts the job; what it throws is shown. */
  readonly start: () => Promise<{ readonly id: string }>;
  /** Said when it has begun. */
  readonly begun?: string;
  /** What went wrong before anything was started. */
  readonly problem?: unknown;
  readonly children: ReactNode;
}

export function StartJobDialog({
  onClose,
  title = 'Add run',
  action = 'Measure',
  missing,
  cost,
  start,
  begun = 'Measuring has begun. The run appears here when it is done.',
  problem,
  children,
}: StartJobDialogProps) {
  const [refusal, setRefusal] = useState<unknown>();
  const [starting, setStarting] = useState(false);
  const shown = refusal ?? problem;
  const begin = async () => {
    setStarting(true);
    setRefusal(undefined);
    try {
      const job = await start();
      onClose();
      openWhenDone(job.id);
      showJob(job.id);
      notify.info(begun);
    } catch (error) {
      setRefusal(error);
      setStarting(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      width={880}
      actions={
        <>
          <span className={css.cost} role="status">
            {missing ?? cost}
          </span>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            busy={starting}
            disabled={missing !== undefined}
            onClick={() => void begin()}
          >
            {action}
          </Button>
        </>
      }
    >
      {children}
      {shown !== undefined && <ErrorNotice error={shown} />}
    </Dialog>
  );
}
