// Folders of other programs that were found on this machine, offered once.
import { FolderSearch } from 'lucide-react';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { notify } from '#renderer/ui/notify.ts';
import css from './library.module.css';

const none: readonly never[] = [];

export function OfferedFolders() {
  const offers = useStudio((store) => store.state?.offeredFolders ?? none);
  const answer = (method: 'addModelFolder' | 'declineOfferedFolder', folder: string) => {
    studio()
      .call(method, { folder })
      .catch((error: unknown) => notify.error(error));
  };
  return offers.map(({ folder, what, models }) => (
    <section key={folder.id} className={css.offer} aria-label={`${what}, found on this machine`}>
      <FolderSearch aria-hidden="true" />
      <p>
        {what}: {models === 1 ? 'one model' : `${models} models`} found{' '}
        <span title={folder.path}>{folder.path}</span>
      </p>
      <Button variant="quiet" onClick={() => answer('declineOfferedFolder', folder.id)}>
        Not now
      </Button>
      <Button onClick={() => answer('addModelFolder', folder.id)}>Add to library</Button>
    </section>
  ));
}
