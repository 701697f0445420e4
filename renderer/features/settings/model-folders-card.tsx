// Folders whose models are in the library, where they lie; and those that were found and not yet taken.
import { Trash2 } from 'lucide-react';
import type { StudioState } from '#src/contract/studio/state.ts';
import { pickFile } from '#renderer/stores/picker-store.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { confirm } from '#renderer/ui/dialog.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { Card } from './card.tsx';
import css from './settings.module.css';

export function ModelFoldersCard() {
  const state = useStudio((store) => store.state);
  if (state === undefined) return null;
  return (
    <Card
      title="Model folders"
      actions={<Button onClick={() => void addFolder()}>Add a folder…</Button>}
    >
      {state.modelFolders.length === 0 && (
        <p className={css.muted}>
          None yet. Models in such folders appear in the library; they are read where they are and
          never copied.
        </p>
      )}
      {state.modelFolders.map(({ folder, exists }) => (
        <div key={folder.id} className={css.item}>
          <div className={css.words}>
            <p>
              {folder.name} {!exists && <Chip tone="warn">not there now</Chip>}
            </p>
            <p className={css.path}>{folder.path}</p>
          </div>
          <IconButton
            label={`Remove ${folder.name} from the library`}
            onClick={() => void removeFolder(folder.id, folder.path)}
          >
            <Trash2 aria-hidden="true" />
          </IconButton>
        </div>
      ))}
      {state.offeredFolders.map(({ folder, what, models }) => (
        <div key={folder.id} className={css.item}>
          <div className={css.words}>
            <p>
              {what} <Chip>{models === 1 ? 'one model found' : `${models} models found`}</Chip>
            </p>
            <p className={css.path}>{folder.path}</p>
          </div>
          <Button
            variant="quiet"
            onClick={() => void told(studio().call('declineOfferedFolder', { folder: folder.id }))}
          >
            Not now
          </Button>
          <Button onClick={() => void told(studio().call('addModelFolder', { folder: folder.id }))}>
            Add
          </Button>
        </div>
      ))}
    </Card>
  );
}

async function addFolder(): Promise<void> {
  const folder = await pickFile('model-folder', 'Add a model folder');
  if (folder !== undefined) await told(studio().call('addModelFolder', { folder: folder.id }));
}

async function removeFolder(folder: string, path: string): Promise<void> {
  const yes = await confirm({
    title: 'Remove this folder from the library?',
    text: `${path} is only forgotten. Nothing in it is touched.`,
    action: 'Remove from library',
  });
  if (yes) await told(studio().call('removeModelFolder', { folder }));
}

async function told(change: Promise<StudioState>): Promise<void> {
  try {
    await change;
  } catch (error) {
    notify.error(error);
  }
}
