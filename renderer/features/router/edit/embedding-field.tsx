// What turns texts into vectors: nothing, a parent's hidden states, or an embedding model, of which the studio puts a copy
// into the family's folder.
import { useEffect } from 'react';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { Button } from '#renderer/ui/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { Select, type SelectOption } from '#renderer/ui/select.tsx';
import { followLibrary, useLibrary } from '#renderer/stores/library-store.ts';
import {
  chooseEmbeddingFile,
  chooseHiddenStates,
  chooseNoEmbedding,
  pickEmbeddingFile,
  stopChoosing,
} from '../state/router-embedding.ts';
import { useRouter } from '../state/router-store.ts';
import css from './edit.module.css';

export function EmbeddingField({ manifest }: { manifest: RouterManifest }) {
  const { classifier, parents } = manifest;
  const choosing = useRouter((store) => store.embedding);
  const models = useEmbeddingModels();
  useEffect(followLibrary, []);
  const file = classifier.kind === 'lexical' ? undefined : classifier.file;
  const value = classifier.kind === 'lexical' ? 'none' : file === undefined ? 'parent' : 'file';
  const options: SelectOption<string>[] = [
    { value: 'none', label: 'None', description: 'Words alone decide; no model is loaded.' },
    {
      value: 'parent',
      label: 'Hidden states of a parent',
      description: 'Needs no file; of a small base hardly better than words.',
    },
    ...(file === undefined
      ? []
      : [{ value: 'file', label: nameOf(file), description: `${file}, in the family’s folder` }]),
    ...models.map(({ id, label, description }) => ({ value: `model:${id}`, label, description })),
    { value: 'pick', label: 'Another GGUF…', description: 'Any embedding model on this machine.' },
  ];
  const choose = (chosen: string) => {
    if (chosen === value) return;
    if (chosen === 'none') void chooseNoEmbedding();
    else if (chosen === 'parent') void chooseHiddenStates(undefined);
    else if (chosen === 'pick') void pickEmbeddingFile();
    else if (chosen.startsWith('model:')) void chooseEmbeddingFile(chosen.slice('model:'.length));
  };
  const busy = choosing?.doing !== undefined;
  return (
    <>
      <Field
        label="Embedding"
        hint={
          file === undefined
            ? 'A model that is chosen is checked, copied into the family’s folder, and thresholds are trained for it.'
            : file
        }
      >
        <Select value={value} options={options} disabled={busy} onChange={choose} />
      </Field>
      {busy && (
        <div className={css.working} role="status">
          <span>{choosing.doing}…</span>
          <Button variant="quiet" onClick={stopChoosing}>
            Stop
          </Button>
        </div>
      )}
      {choosing?.error !== undefined && (
        <ErrorNotice
          error={choosing.error}
          action={
            <>
              <Button onClick={() => void pickEmbeddingFile()}>Choose another GGUF…</Button>
              <Button onClick={stopChoosing}>Keep what it was</Button>
            </>
          }
        />
      )}
      {value === 'parent' && classifier.kind !== 'lexical' && (
        <Field label="Hidden states of">
          <Select
            value={classifier.parent ?? ''}
            disabled={busy}
            options={[
              { value: '', label: 'The first parent', description: parents[0]?.id ?? '' },
              ...parents.map(({ id, quantization }) => ({
                value: id,
                label: id,
                description: quantization,
              })),
            ]}
            onChange={(id) => void chooseHiddenStates(id === '' ? undefined : id)}
          />
        </Field>
      )}
    </>
  );
}

interface EmbeddingModel {
  readonly id: string;
  readonly label: string;
  readonly description: string;
}

/** Those of the library, smallest first: a list of a hundred helps nobody, the picker finds the others. */
function useEmbeddingModels(): readonly EmbeddingModel[] {
  const entries = useLibrary((store) => store.entries);
  return entries
    .filter(({ kind, role, problem }) => kind === 'gguf' && role === 'embedding' && !problem)
    .sort((a, b) => a.bytes - b.bytes)
    .slice(0, 20)
    .map(({ file, name, architecture = 'GGUF', bytes, foundIn }) => ({
      id: file.id,
      label: name,
      description: `${architecture}, ${formatBytes(bytes)}, ${foundIn}`,
    }));
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.gguf$/i, '');
}
