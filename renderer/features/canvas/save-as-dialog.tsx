// Saves the recipe under a name in the workspace's folder.
import { useState } from 'react';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Dialog } from '#renderer/ui/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { TextInput } from '#renderer/ui/text-input.tsx';
import { studio } from '#renderer/stores/studio-store.ts';
import type { CanvasDocument } from './canvas-document.ts';
import { useCanvas } from './canvas-store.ts';
import { saveAs } from './document-files.ts';
import css from './workflow-screen.module.css';

export function SaveAsDialog() {
  const key = useCanvas((store) =>
    store.dialog?.dialog === 'save-as' ? store.dialog.key : undefined,
  );
  const document = useCanvas((store) => store.documents.find((one) => one.key === key));
  return document === undefined ? null : <OpenDialog key={document.key} document={document} />;
}

function OpenDialog({ document }: { document: CanvasDocument }) {
  const workspace = useStudio((store) => store.state?.workspace);
  const [name, setName] = useState(document.title);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const close = () => useCanvas.setState({ dialog: undefined });
  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await saveAs(document.key, name.trim());
      close();
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  return (
    <Dialog
      open
      onClose={close}
      title="Save the recipe"
      actions={
        <>
          <Button onClick={() => void saveElsewhere(document)}>Save a copy elsewhere…</Button>
          <Button onClick={close}>Cancel</Button>
          <Button
            variant="primary"
            busy={busy}
            disabled={name.trim() === ''}
            onClick={() => void submit()}
          >
            Save
          </Button>
        </>
      }
    >
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '') void submit();
        }}
      >
        <Field
          label="Name"
          hint={`${name.trim() === '' ? 'name' : name.trim()}.recipe.json in ${workspace?.folder.path ?? 'the workspace'}`}
        >
          <TextInput value={name} onChange={setName} maxLength={120} autoFocus />
        </Field>
        {document.readOnly && (
          <p>{document.file?.name} cannot be written, so its edits go to a file of their own.</p>
        )}
        {workspace?.readOnly !== undefined && (
          <ErrorNotice
            error={{
              message: workspace.readOnly,
              hint: 'Save a copy elsewhere, or open a workspace that can be written.',
            }}
          />
        )}
        {error !== undefined && <ErrorNotice error={error} />}
      </form>
    </Dialog>
  );
}

/** Wherever the user may write: the system's dialog on the desktop, a download in the browser. */
async function saveElsewhere({ title, text }: CanvasDocument): Promise<void> {
  const suggestedName = `${title}.recipe.json`;
  if (useStudio.getState().state?.mode === 'desktop') {
    try {
      const saved = await studio().call('saveTextAs', { suggestedName, text });
      if (saved === null) return;
      notify.success(`Saved a copy as ${saved.name}.`);
    } catch (error) {
      notify.error(error);
      return;
    }
  } else {
    const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    const link = window.document.createElement('a');
    link.href = address;
    link.download = suggestedName;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }
  useCanvas.setState({ dialog: undefined });
}
