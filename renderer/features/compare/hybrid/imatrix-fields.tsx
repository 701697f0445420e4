// An importance matrix and the texts that it was made from: measuring on those would flatter what it weighs.
import type { FileReference } from '#src/contract/studio/files.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { pickFile, pickFiles } from '#renderer/stores/picker-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { Select } from '#renderer/ui/select.tsx';
import css from './hybrid.module.css';

export interface ImatrixChoice {
  readonly imatrix: FileReference | undefined;
  /** What it was made from, where its own record does not say it. */
  readonly imatrixTexts: readonly FileReference[];
}

export interface ImatrixFieldsProps extends ImatrixChoice {
  readonly entries: readonly LibraryEntry[];
  readonly hint: string;
  readonly onChange: (changes: Partial<ImatrixChoice>) => void;
}

export function ImatrixFields({
  imatrix,
  imatrixTexts,
  entries,
  hint,
  onChange,
}: ImatrixFieldsProps) {
  const found = entries.filter(({ kind }) => kind === 'imatrix').map(({ file }) => file);
  const all =
    imatrix === undefined || found.some(({ id }) => id === imatrix.id)
      ? found
      : [imatrix, ...found];
  const choose = async () => {
    const file = await pickFile('imatrix', 'Choose an importance matrix');
    if (file !== undefined) onChange({ imatrix: file });
  };
  const addTexts = async () => {
    const files = await pickFiles('any', 'Choose what the matrix was made from');
    const known = new Set(imatrixTexts.map(({ id }) => id));
    onChange({ imatrixTexts: [...imatrixTexts, ...files.filter(({ id }) => !known.has(id))] });
  };
  return (
    <>
      <Field label="Importance matrix" hint={hint}>
        <div className={css.line}>
          <Select
            value={imatrix?.id ?? ''}
            options={[
              { value: '', label: 'None' },
              ...all.map(({ id, name, path }) => ({ value: id, label: name, description: path })),
            ]}
            onChange={(id) => onChange({ imatrix: all.find((file) => file.id === id) })}
          />
          <Button onClick={() => void choose()}>Choose…</Button>
        </div>
      </Field>
      {imatrix !== undefined && (
        <div className={css.headLine}>
          <span className={css.muted}>
            {imatrixTexts.length === 0
              ? 'Its texts are looked for by the names that it has.'
              : `Made from ${imatrixTexts.map(({ name }) => name).join(', ')}`}
          </span>
          <Button variant="quiet" onClick={() => void addTexts()}>
            Name its texts…
          </Button>
        </div>
      )}
    </>
  );
}
