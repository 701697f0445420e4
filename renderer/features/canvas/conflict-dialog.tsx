// The file was written by another program since it was opened: nothing is overwritten without the user's word.
import { useRef } from 'react';
import { Button } from '#renderer/ui/button.tsx';
import { Dialog } from '#renderer/ui/dialog.tsx';
import { useCanvas } from './canvas-store.ts';
import { keepAsCopy, overwrite, takeTheirs } from './document-files.ts';

export function ConflictDialog() {
  const key = useCanvas((store) =>
    store.dialog?.dialog === 'conflict' ? store.dialog.key : undefined,
  );
  const safest = useRef<HTMLButtonElement>(null);
  const document = useCanvas((store) => store.documents.find((one) => one.key === key));
  if (document === undefined) return null;
  const close = () => useCanvas.setState({ dialog: undefined });
  const then = (run: (key: string) => Promise<unknown>) => () => {
    close();
    void run(document.key);
  };
  return (
    <Dialog
      open
      onClose={close}
      title={`${document.title} was changed by another program`}
      description={`${document.file?.path ?? document.title} holds another text than the one that was opened here. Both are still there.`}
      width={560}
      initialFocus={safest}
      actions={
        <>
          <Button variant="danger" onClick={then(overwrite)}>
            Overwrite the file
          </Button>
          <Button onClick={then(takeTheirs)}>Take the file’s text</Button>
          <Button ref={safest} variant="primary" onClick={then(keepAsCopy)}>
            Keep mine as a copy
          </Button>
        </>
      }
    />
  );
}
