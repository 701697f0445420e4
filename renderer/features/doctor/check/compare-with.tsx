// What the file is compared with and repaired from: its source, another level of it, and folders to look in.
import { FolderPlus, X } from 'lucide-react';
import type { FileReference, PickPurpose } from '#src/contract/studio/files.ts';
import { pickFile } from '#renderer/stores/picker-store.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import css from '../doctor.module.css';
import { forgetPlan, useDoctor, type DoctorStore } from '../state/doctor-store.ts';
import { checkFile } from '../state/run-check.ts';

export function CompareWith() {
  const { source, sibling, folders, run } = useDoctor();
  const isRunning = run?.state === 'running';
  const set = (changes: Partial<Pick<DoctorStore, 'source' | 'sibling' | 'folders'>>) => {
    useDoctor.setState(changes);
    forgetPlan();
  };
  return (
    <section className={css.sideCard} aria-label="Compare with">
      <h2>Compare with</h2>
      <Line
        name="Source"
        hint="The unquantized model it was made from: weights are derived from it byte for byte."
        purpose="base"
        title="Choose the unquantized model that the file was made from"
        value={source}
        onChange={(file) => set({ source: file })}
      />
      <Line
        name="Sibling"
        hint="Another level of the same model: what the source cannot give is taken from it, with loss."
        purpose="gguf"
        title="Choose another level of the same model"
        value={sibling}
        onChange={(file) => set({ sibling: file })}
      />
      <div className={css.compareLine}>
        <span className="label">Folders to look in</span>
        {folders.map((folder) => (
          <Chosen
            key={folder.id}
            file={folder}
            label={`Look no more in ${folder.name}`}
            onRemove={() => set({ folders: folders.filter(({ id }) => id !== folder.id) })}
          />
        ))}
        <Button
          icon={<FolderPlus aria-hidden="true" />}
          onClick={() => {
            void pickFile('model-folder', 'Choose a folder with sources, adapters or parts').then(
              (folder) => {
                if (folder === undefined || folders.some(({ id }) => id === folder.id)) return;
                set({ folders: [...folders, folder] });
              },
            );
          }}
        >
          Add a folder…
        </Button>
        <p>Its own folder and its workspace always are.</p>
      </div>
      {(source !== undefined || sibling !== undefined) && !isRunning && (
        <Button onClick={() => void checkFile()}>Check against them</Button>
      )}
    </section>
  );
}

function Line({
  name,
  hint,
  purpose,
  title,
  value,
  onChange,
}: {
  name: string;
  hint: string;
  purpose: PickPurpose;
  title: string;
  value: FileReference | undefined;
  onChange: (file: FileReference | undefined) => void;
}) {
  return (
    <div className={css.compareLine}>
      <span className="label">{name}</span>
      {value === undefined ? (
        <Button
          aria-label={`Choose the ${name.toLowerCase()}`}
          onClick={() => {
            void pickFile(purpose, title).then((file) => {
              if (file !== undefined) onChange(file);
            });
          }}
        >
          Choose…
        </Button>
      ) : (
        <Chosen
          file={value}
          label={`Forget the ${name.toLowerCase()}`}
          onRemove={() => onChange(undefined)}
        />
      )}
      <p>{hint}</p>
    </div>
  );
}

function Chosen({
  file,
  label,
  onRemove,
}: {
  file: FileReference;
  label: string;
  onRemove: () => void;
}) {
  return (
    <div className={css.chosen} title={file.path}>
      <span>{file.name}</span>
      <IconButton label={label} tooltipSide="left" onClick={onRemove}>
        <X aria-hidden="true" />
      </IconButton>
    </div>
  );
}
