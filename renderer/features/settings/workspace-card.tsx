// The open workspace: which it is, and the way to another one.
import { useState } from 'react';
import type { FileReference } from '#src/contract/studio/files.ts';
import type { StudioState } from '#src/contract/studio/state.ts';
import { pickFile } from '#renderer/stores/picker-store.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { Dialog } from '#renderer/ui/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { TextInput } from '#renderer/ui/text-input.tsx';
import { Card } from './card.tsx';
import css from './settings.module.css';

export function WorkspaceCard() {
  const state = useStudio((store) => store.state);
  const [newFolder, setNewFolder] = useState<FileReference | undefined>();
  if (state === undefined) return null;
  const { workspace } = state;
  const recent = state.recentWorkspaces.filter(
    ({ folder }) => folder.path !== workspace.folder.path,
  );
  return (
    <Card title="Workspace">
      <div className={css.item}>
        <div className={css.words}>
          <p>
            {workspace.name} {workspace.seedling && <Chip>comes with the studio</Chip>}{' '}
            {workspace.readOnly !== undefined && (
              <Chip tone="warn" title={workspace.readOnly}>
                read-only
              </Chip>
            )}
          </p>
          <p className={css.path}>{workspace.folder.path}</p>
        </div>
        <CopyButton label="Copy path" text={workspace.folder.path} />
      </div>
      <div className={css.buttons}>
        <Button onClick={() => void chooseAndOpen()}>Open another…</Button>
        <Button
          onClick={() =>
            void pickFile('output-folder', 'Choose a folder for the new workspace').then(
              setNewFolder,
            )
          }
        >
          Create a workspace…
        </Button>
        {recent.length > 0 && (
          <Menu
            trigger={<Button>Recent</Button>}
            items={recent.map(({ folder, name, exists }) => ({
              label: name,
              description: exists ? folder.path : `${folder.path}, not there now`,
              disabled: !exists,
              onSelect: () => void open(studio().call('openWorkspace', { folder: folder.id })),
            }))}
          />
        )}
        {!workspace.seedling && (
          <Button
            variant="quiet"
            onClick={() => void open(studio().call('openSeedlingWorkspace', {}))}
          >
            Back to Seedling
          </Button>
        )}
      </div>
      {newFolder !== undefined && (
        <CreateDialog folder={newFolder} onClose={() => setNewFolder(undefined)} />
      )}
    </Card>
  );
}

async function chooseAndOpen(): Promise<void> {
  const folder = await pickFile('workspace', 'Open a workspace');
  if (folder !== undefined) await open(studio().call('openWorkspace', { folder: folder.id }));
}

async function open(change: Promise<StudioState>): Promise<void> {
  try {
    const { workspace } = await change;
    notify.success(`The workspace "${workspace.name}" is open.`);
  } catch (error) {
    notify.error(error);
  }
}

function CreateDialog({ folder, onClose }: { folder: FileReference; onClose: () => void }) {
  const [name, setName] = useState(folder.name);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const create = async () => {
    setBusy(true);
    try {
      const { workspace } = await studio().call('createWorkspace', { folder: folder.id, name });
      notify.success(`The workspace "${workspace.name}" was made and is open.`);
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Create a workspace"
      description={`A small file in ${folder.path} makes the folder a workspace. Nothing else in it is changed.`}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            busy={busy}
            disabled={name.trim() === ''}
            onClick={() => void create()}
          >
            Create and open
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '') void create();
        }}
      >
        <Field label="Name" error={name.trim() === '' ? 'Give it a name.' : undefined}>
          <TextInput value={name} onChange={setName} maxLength={200} autoFocus />
        </Field>
      </form>
      {error !== undefined && <ErrorNotice error={error} />}
    </Dialog>
  );
}
