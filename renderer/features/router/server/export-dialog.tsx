// The family for another server: the format is chosen, the texts are shown, copied or saved.
import { useEffect, useState } from 'react';
import { Button } from '#renderer/ui/button.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { Dialog } from '#renderer/ui/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Segmented } from '#renderer/ui/tabs.tsx';
import type { RouterDocument } from '../logic/router-document.ts';
import { exportFor, saveText, type Exported, type ExportFormat } from '../state/router-package.ts';
import { useRouter } from '../state/router-store.ts';
import css from './server.module.css';

const formats: readonly { value: ExportFormat; label: string }[] = [
  { value: 'llama-server', label: 'llama-server' },
  { value: 'llama-swap', label: 'llama-swap' },
  { value: 'ollama', label: 'Ollama' },
  { value: 'lm-studio', label: 'LM Studio' },
];

export function ExportDialog({ document }: { document: RouterDocument }) {
  const open = useRouter((store) => store.dialog === 'export');
  if (!open) return null;
  return <OpenDialog document={document} />;
}

function OpenDialog({ document }: { document: RouterDocument }) {
  const [format, setFormat] = useState<ExportFormat>('llama-server');
  const [exported, setExported] = useState<Exported | undefined>();
  const [error, setError] = useState<unknown>();
  const close = () => useRouter.setState({ dialog: undefined });
  useEffect(() => {
    let current = true;
    setExported(undefined);
    setError(undefined);
    exportFor(document.file.id, format).then(
      (made) => {
        if (current) setExported(made);
      },
      (problem: unknown) => {
        if (current) setError(problem);
      },
    );
    return () => {
      current = false;
    };
  }, [document.file.id, document.sha256, format]);
  return (
    <Dialog
      open
      onClose={close}
      title="Export for another server"
      description={
        document.dirty ? 'Made of the saved file: unsaved edits are not in it.' : undefined
      }
      width={640}
      actions={<Button onClick={close}>Close</Button>}
    >
      <div>
        <Segmented label="Format" value={format} options={formats} onChange={setFormat} />
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
      {exported === undefined && error === undefined && <p className={css.text}>Writing…</p>}
      {exported?.notices.map((notice) => (
        <p key={notice} className={css.text}>
          {notice}
        </p>
      ))}
      {exported?.files.map(({ name, text }) => (
        <section key={name} className={css.file} aria-label={name}>
          <header>
            <code>{name}</code>
            <CopyButton text={text} label={`Copy ${name}`} />
            <Button onClick={() => void saveText(name, text)}>Save…</Button>
          </header>
          <pre tabIndex={0}>{text}</pre>
        </section>
      ))}
    </Dialog>
  );
}
