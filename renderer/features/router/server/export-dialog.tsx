// The family for another server: the format is chosen, the texts are shown, copied or saved.
import { useEffect, useState } from 'react';
import { StudioError } from '#src/errors/studio-error.ts';
import { formatCount } from '#src/text/format-number.ts';
import { pickFile } from '#renderer/stores/picker-store.ts';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { Dialog } from '#renderer/ui/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Segmented } from '#renderer/ui/tabs.tsx';
import type { RouterDocument } from '../logic/router-document.ts';
import {
  exportFor,
  saveText,
  saveToFolder,
  type Exported,
  type ExportFormat,
} from '../state/router-package.ts';
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
      {exported !== undefined && <SaveAll file={document.file.id} format={format} key={format} />}
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

type Saving =
  | { readonly state: 'running'; readonly what: string; readonly stop: () => void }
  | { readonly state: 'done'; readonly path: string; readonly files: readonly string[] }
  | { readonly state: 'failed'; readonly error: unknown; readonly folder: string };

/** Everything that the other server needs, in a folder that the user chooses. */
function SaveAll({ file, format }: { file: string; format: ExportFormat }) {
  const [saving, setSaving] = useState<Saving | undefined>();
  const mode = useStudio(({ state }) => state?.mode);
  const write = async (folder: string, overwrite: boolean) => {
    const asked = new AbortController();
    const stop = () => asked.abort();
    const onPhase = (what: string) => setSaving({ state: 'running', what, stop });
    onPhase('Writing');
    try {
      const saved = await saveToFolder({ file, format, folder, overwrite }, asked.signal, onPhase);
      setSaving({ state: 'done', path: saved.folder.path, files: saved.files });
    } catch (error) {
      setSaving(asked.signal.aborted ? undefined : { state: 'failed', error, folder });
    }
  };
  const choose = async () => {
    const folder = await pickFile('output-folder', 'Save the export in a new folder of');
    if (folder !== undefined) await write(folder.id, false);
  };
  const exists =
    saving?.state === 'failed' &&
    saving.error instanceof StudioError &&
    saving.error.code === 'output/exists';
  return (
    <>
      <div className={css.buttons}>
        <Button variant="primary" busy={saving?.state === 'running'} onClick={() => void choose()}>
          Save all to a folder…
        </Button>
        {saving?.state === 'running' && <Button onClick={saving.stop}>Stop</Button>}
      </div>
      {saving?.state === 'running' && (
        <p className={css.text} role="status">
          {saving.what}…
        </p>
      )}
      {saving?.state === 'failed' && (
        <ErrorNotice
          error={saving.error}
          action={
            exists && (
              <Button onClick={() => void write(saving.folder, true)}>Replace what is there</Button>
            )
          }
        />
      )}
      {saving?.state === 'done' && (
        <div role="status" className={css.saved}>
          <p>
            Saved {formatCount(saving.files.length)} {saving.files.length === 1 ? 'file' : 'files'}{' '}
            in <code>{saving.path}</code>
            {mode === 'browser' && ' on the machine that the studio runs on'}.
          </p>
          <ul>
            {saving.files.map((name) => (
              <li key={name}>{name}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
