// The screen's dialogs: a new route, and what to do when another program wrote the file meanwhile.
import { useState } from 'react';
import { Button } from '#renderer/ui/button.tsx';
import { ConflictDialog } from '#renderer/ui/conflict-dialog.tsx';
import { Dialog } from '#renderer/ui/dialog.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { TextInput } from '#renderer/ui/text-input.tsx';
import { addRoute, whyNotRouteId } from './logic/edit-manifest.ts';
import type { RouterDocument } from './logic/router-document.ts';
import { shortOf } from './logic/route-names.ts';
import { ExportDialog } from './server/export-dialog.tsx';
import { overwrite, takeTheirs } from './state/router-files.ts';
import { edit, select, useRouter } from './state/router-store.ts';

const close = () => useRouter.setState({ dialog: undefined });

export function RouterDialogs({ document }: { document: RouterDocument }) {
  const dialog = useRouter((store) => store.dialog);
  return (
    <>
      {dialog === 'add-route' && <AddRouteDialog document={document} />}
      {dialog === 'conflict' && (
        <ConflictDialog
          name={document.file.name}
          path={document.file.path}
          onClose={close}
          onOverwrite={() => void overwrite()}
          takeLabel="Take the file’s version"
          onTake={() => void takeTheirs()}
        />
      )}
      <ExportDialog document={document} />
    </>
  );
}

function AddRouteDialog({ document: { manifest } }: { document: RouterDocument }) {
  const [id, setId] = useState('');
  const wanted = id.trim();
  const refusal = wanted === '' ? undefined : whyNotRouteId(manifest, wanted);
  const unused = manifest.parents
    .flatMap(({ adapters }) => adapters.map((adapter) => adapter.id))
    .filter((one, index, all) => all.indexOf(one) === index)
    .filter((one) => whyNotRouteId(manifest, one) === undefined);
  const add = (chosen: string) => {
    edit((current) => addRoute(current, chosen), { step: `Add ${shortOf(chosen)}` });
    select({ kind: 'route', id: chosen });
    close();
  };
  return (
    <Dialog
      open
      onClose={close}
      title="Add a route"
      description="A route takes the requests that are like its examples to a parent and one of its adapters."
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            variant="primary"
            disabled={wanted === '' || refusal !== undefined}
            onClick={() => add(wanted)}
          >
            Add route
          </Button>
        </>
      }
    >
      <Field label="Name" hint="domain/subdomain" error={refusal}>
        <TextInput
          mono
          value={id}
          placeholder="healthcare/first-aid"
          onChange={setId}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && wanted !== '' && refusal === undefined) add(wanted);
          }}
        />
      </Field>
      {unused.length > 0 && (
        <Field label="Adapters without a route">
          <div role="group" aria-label="Adapters without a route">
            {unused.slice(0, 20).map((one) => (
              <Button key={one} variant="quiet" onClick={() => add(one)}>
                {one}
              </Button>
            ))}
          </div>
        </Field>
      )}
    </Dialog>
  );
}
