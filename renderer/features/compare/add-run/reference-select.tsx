// Chooses the unquantized model that everything in a run is measured against.
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { Select } from '#renderer/ui/select.tsx';
import css from './add-run.module.css';
import { isUnquantized } from './model-choice.ts';

export interface ReferenceSelectProps {
  entries: readonly LibraryEntry[];
  value: string | undefined;
  onChange: (id: string) => void;
}

export function ReferenceSelect({ entries, value, onChange }: ReferenceSelectProps) {
  const options = entries.filter(isUnquantized);
  const chosen = entries.find(({ file }) => file.id === value);
  const all = chosen === undefined || options.includes(chosen) ? options : [chosen, ...options];
  return (
    <Select
      className={css.grow}
      value={value ?? ''}
      options={[
        ...(value === undefined ? [{ value: '', label: 'Choose a model', disabled: true }] : []),
        ...all.map(({ file, name, type, bytes, path }) => ({
          value: file.id,
          label: `${name}${type === undefined ? '' : ` · ${type}`} · ${formatBytes(bytes)}`,
          description: path,
        })),
      ]}
      onChange={onChange}
    />
  );
}
