// Measures adapters × levels: every chosen adapter at every chosen level, at run time and merged, against the unquantized base
// with that adapter, on its own text and on general text.
import { useEffect, useState, type ReactNode } from 'react';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { levels as allLevels, type Level } from '#src/tensors/levels.ts';
import { useLibrary } from '#renderer/stores/library-store.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { FilterChip } from '#renderer/ui/chip.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import { TextInput } from '#renderer/ui/text-input.tsx';
import { ImatrixFields, type ImatrixChoice } from '../hybrid/imatrix-fields.tsx';
import { AdapterLines } from './adapter-lines.tsx';
import type { ChosenAdapter } from './add-run-state.ts';
import css from './add-run.module.css';
import { ReferenceSelect } from './reference-select.tsx';
import { StartJobDialog } from './start-job-dialog.tsx';

/** From nearly lossless to small, and those that need no importance matrix. */
const offered: readonly Level[] = ['Q8_0', 'Q6_K', 'Q5_K_M', 'Q4_K_M', 'Q3_K_M', 'Q2_K'].filter(
  (level): level is Level => level in allLevels,
);

export interface AddMatrixDialogProps {
  onClose: () => void;
  /** Chooses between this and measuring files. */
  kinds: ReactNode;
}

export function AddMatrixDialog({ onClose, kinds }: AddMatrixDialogProps) {
  const { entries } = useLibrary();
  const [title, setTitle] = useState('');
  const [base, setBase] = useState<string | undefined>();
  const [adapters, setAdapters] = useState<readonly ChosenAdapter[]>([]);
  const [levels, setLevels] = useState<readonly Level[]>(['Q8_0', 'Q5_K_M', 'Q4_K_M', 'Q2_K']);
  const [chunks, setChunks] = useState<number | undefined>(32);
  const [weighing, setWeighing] = useState<ImatrixChoice>({ imatrix: undefined, imatrixTexts: [] });
  useEffect(() => setAdapters([]), [base]);
  const suggested = `${nameOf(base, entries)}, adapters × levels`;
  const missing =
    base === undefined
      ? 'Choose the unquantized base.'
      : adapters.length === 0
        ? 'Choose at least one adapter.'
        : levels.length === 0
          ? 'Choose at least one level.'
          : undefined;
  const start = () =>
    studio().call('startMatrix', {
      title: title.trim() === '' ? suggested : title.trim(),
      base: base ?? '',
      adapters: adapters.map(({ file }) => file),
      levels: [...levels],
      ...(weighing.imatrix === undefined
        ? {}
        : {
            imatrix: weighing.imatrix.id,
            imatrixTexts: weighing.imatrixTexts.map(({ id }) => id),
          }),
      ...(chunks === undefined ? {} : { chunks }),
    });
  return (
    <StartJobDialog
      onClose={onClose}
      missing={missing}
      cost={`${adapters.length * levels.length} cells, each measured at run time and merged, on two texts`}
      start={start}
    >
      {kinds}
      <div className={css.halves}>
        <div className={css.half}>
          <Field label="Unquantized base">
            <ReferenceSelect entries={entries} value={base} onChange={setBase} />
          </Field>
          <AdapterLines
            base={base}
            entries={entries}
            chosen={adapters}
            onChange={setAdapters}
            label="Adapters"
          />
        </div>
        <div className={css.half}>
          <Field label="Title">
            <TextInput value={title} maxLength={300} placeholder={suggested} onChange={setTitle} />
          </Field>
          <section aria-label="Levels">
            <h3 className="label">Levels</h3>
            <div className={css.chips}>
              {offered.map((level) => (
                <FilterChip
                  key={level}
                  pressed={levels.includes(level)}
                  onChange={(on) =>
                    setLevels(
                      offered.filter((each) => (each === level ? on : levels.includes(each))),
                    )
                  }
                >
                  <LevelTag level={level} />
                </FilterChip>
              ))}
            </div>
          </section>
          <Field label="Chunks per text" hint="From its start; empty for all">
            <NumberInput
              value={chunks}
              minimum={1}
              step={1}
              placeholder="all"
              onClear={() => setChunks(undefined)}
              onChange={setChunks}
            />
          </Field>
          <ImatrixFields
            {...weighing}
            entries={entries}
            hint="Weighs rounding errors, at every level."
            onChange={(changes) => setWeighing((before) => ({ ...before, ...changes }))}
          />
          <p className={css.muted}>
            An adapter's own text is the suite of its name; what is general is the suite “general”.
            The quantized files are temporary.
          </p>
        </div>
      </div>
    </StartJobDialog>
  );
}

function nameOf(base: string | undefined, entries: readonly LibraryEntry[]): string {
  return entries.find(({ file }) => file.id === base)?.name ?? 'Base';
}
