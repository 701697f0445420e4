// Measures anew: the unquantized model, the files made from it, the texts, and how thoroughly. Says what it will take.
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import type { FoundSuite } from '#src/contract/quality/suites.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { formatBytes, formatCount, formatDuration } from '#src/text/format-number.ts';
import { followLibrary, loadLibrary, useLibrary } from '#renderer/stores/library-store.ts';
import { pickFiles } from '#renderer/stores/picker-store.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Checkbox } from '#renderer/ui/checkbox.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import { Segmented } from '#renderer/ui/tabs.tsx';
import { TextInput } from '#renderer/ui/text-input.tsx';
import { AddMatrixDialog } from './add-matrix-dialog.tsx';
import { addReference } from './add-reference.ts';
import { AdapterLines } from './adapter-lines.tsx';
import {
  costOf,
  draftFor,
  labelsOf,
  problemOf,
  type RunCost,
  type RunDraft,
} from './add-run-state.ts';
import css from './add-run.module.css';
import { ReferenceSelect } from './reference-select.tsx';
import { StartJobDialog } from './start-job-dialog.tsx';
import { SubjectLines } from './subject-lines.tsx';

export interface AddRunDialogProps {
  /** Ids of files that are chosen to begin with. */
  files: readonly string[];
  onClose: () => void;
}

type RunKind = 'files' | 'matrix';

export function AddRunDialog({ files, onClose }: AddRunDialogProps) {
  const [kind, setKind] = useState<RunKind>('files');
  const kinds = (
    <div className={css.kinds}>
      <Segmented
        label="What is measured"
        value={kind}
        options={[
          { value: 'files', label: 'Files' },
          { value: 'matrix', label: 'Adapters × levels' },
        ]}
        onChange={setKind}
      />
    </div>
  );
  return kind === 'files' ? (
    <AddFilesDialog files={files} onClose={onClose} kinds={kinds} />
  ) : (
    <AddMatrixDialog onClose={onClose} kinds={kinds} />
  );
}

function AddFilesDialog({ files, onClose, kinds }: AddRunDialogProps & { kinds: ReactNode }) {
  const { entries, listed } = useLibrary();
  const [draft, setDraft] = useState<RunDraft>(() =>
    draftFor(files, useLibrary.getState().entries),
  );
  const [suites, setSuites] = useState<readonly FoundSuite[] | undefined>();
  const [problem, setProblem] = useState<unknown>();
  const change = (changes: Partial<RunDraft>) => setDraft((before) => ({ ...before, ...changes }));
  const reference = entries.find(({ file }) => file.id === draft.reference);
  const threads = useStudio(({ state }) => state?.settings.threads) ?? 2;
  const cost = useMemo(
    () => costOf(draft, suites ?? [], entries, threads),
    [draft, suites, entries, threads],
  );

  useEffect(() => {
    followLibrary();
    // A build that has just ended may not have been noticed yet.
    void loadLibrary();
  }, []);
  useEffect(() => {
    studio().call('listSuites', {}).then(setSuites, setProblem);
  }, []);
  // Files are known by their entries, which may come after the dialog.
  useEffect(() => {
    if (files.length > 0 && draft.reference === undefined && draft.subjects.length === 0) {
      setDraft(draftFor(files, entries));
    }
  }, [entries]);

  return (
    <StartJobDialog
      onClose={onClose}
      missing={problemOf(draft)}
      cost={costText(cost, draft)}
      start={() => studio().call('startEvaluation', requestOf(draft, entries))}
      problem={problem}
    >
      {kinds}
      <div className={css.halves}>
        <div className={css.half}>
          <Field label="Unquantized model" hint="What the files are measured against.">
            <div className={css.pick}>
              <ReferenceSelect
                entries={entries}
                value={draft.reference}
                onChange={(id) => change({ reference: id, adapters: [] })}
              />
              <Button
                onClick={() => void addReference((id) => change({ reference: id, adapters: [] }))}
              >
                Choose…
              </Button>
            </div>
          </Field>
          <AdapterLines
            base={reference?.file.id}
            entries={entries}
            chosen={draft.adapters}
            onChange={(adapters) => change({ adapters })}
          />
          <SubjectLines
            entries={entries}
            listed={listed}
            reference={reference}
            draft={draft}
            onChange={(subjects) => change({ subjects })}
          />
        </div>
        <div className={css.half}>
          <Field label="Title">
            <TextInput
              value={draft.title}
              maxLength={300}
              placeholder={titleOf(draft, entries)}
              onChange={(title) => change({ title })}
            />
          </Field>
          <SuiteLines suites={suites} draft={draft} onChange={change} />
          <div className={css.row}>
            <Field label="Context" hint="llama-perplexity's -c">
              <NumberInput
                value={draft.contextSize}
                minimum={16}
                maximum={1_048_576}
                step={1}
                onChange={(contextSize) => change({ contextSize })}
              />
            </Field>
            <Field label="Chunks per text" hint="From its start; empty for all">
              <NumberInput
                value={draft.chunks}
                minimum={1}
                step={1}
                placeholder="all"
                onClear={() => change({ chunks: undefined })}
                onChange={(chunks) => change({ chunks })}
              />
            </Field>
          </div>
          <div className={css.line}>
            <Segmented
              label="How the original is kept"
              value={draft.mode}
              options={[
                { value: 'reference', label: 'Small reference' },
                { value: 'full', label: 'Both models at once' },
              ]}
              onChange={(mode) => change({ mode })}
            />
          </div>
          <p className={css.muted}>
            {draft.mode === 'reference'
              ? 'The original runs once; what it predicts is kept small, with a sampling error that every figure states.'
              : 'The original runs beside every file: no sampling error, more memory and time.'}
          </p>
          <Checkbox checked={draft.speed} onChange={(speed) => change({ speed })}>
            Speed and memory of every file
          </Checkbox>
          <Checkbox
            checked={draft.tensorErrors}
            onChange={(tensorErrors) => change({ tensorErrors })}
          >
            Rounding error of every tensor
          </Checkbox>
        </div>
      </div>
    </StartJobDialog>
  );
}

interface SuiteLinesProps {
  suites: readonly FoundSuite[] | undefined;
  draft: RunDraft;
  onChange: (changes: Partial<RunDraft>) => void;
}

function SuiteLines({ suites, draft, onChange }: SuiteLinesProps) {
  const toggle = (id: string, on: boolean) =>
    onChange({ suites: on ? [...draft.suites, id] : draft.suites.filter((other) => other !== id) });
  const addTexts = async () => {
    const files = await pickFiles('any', 'Choose texts to measure on');
    const known = new Set(draft.texts.map(({ id }) => id));
    onChange({ texts: [...draft.texts, ...files.filter(({ id }) => !known.has(id))] });
  };
  return (
    <section aria-label="Texts">
      <h3 className="label">Texts</h3>
      <div className={css.list} tabIndex={0} role="group" aria-label="Suites and texts">
        {suites === undefined && <p className={css.muted}>Reading the suites…</p>}
        {suites?.map(({ id, title, description, bytes, problem }) => (
          <div key={id} className={css.suite} title={problem ?? description}>
            <Checkbox
              checked={draft.suites.includes(id)}
              disabled={problem !== undefined}
              onChange={(on) => toggle(id, on)}
            >
              {title}
            </Checkbox>
            <span className={css.muted}>{problem ?? description}</span>
            <span className="num">{formatBytes(bytes)}</span>
          </div>
        ))}
        {draft.texts.map((file) => (
          <div key={file.id} className={css.suite} title={file.path}>
            <Checkbox
              checked
              onChange={() => onChange({ texts: draft.texts.filter(({ id }) => id !== file.id) })}
            >
              {file.name}
            </Checkbox>
            <span className={css.muted}>{file.path}</span>
          </div>
        ))}
      </div>
      <Button variant="quiet" onClick={() => void addTexts()}>
        Add my own texts…
      </Button>
    </section>
  );
}

function titleOf(draft: RunDraft, entries: readonly LibraryEntry[]): string {
  const reference = entries.find(({ file }) => file.id === draft.reference);
  const name = reference?.name ?? 'Run';
  const adapters = draft.adapters.map((adapter) => ` + ${adapter.name}`).join('');
  return `${name}${adapters}, ${draft.subjects.length} ${draft.subjects.length === 1 ? 'file' : 'files'}`;
}

function costText({ tokens, models, seconds, memoryBytes }: RunCost, draft: RunDraft): string {
  const own = draft.texts.length > 0 ? ' and your texts' : '';
  return [
    `${formatCount(tokens)} tokens${own} through ${models} models`,
    seconds === undefined ? undefined : `very roughly ${formatDuration(seconds)}`,
    memoryBytes === undefined ? undefined : `${formatBytes(memoryBytes)} of memory`,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

function requestOf(draft: RunDraft, entries: readonly LibraryEntry[]) {
  const labels = labelsOf(draft, entries);
  const adapters = draft.adapters.map(({ file, scale }) => ({ file, scale }));
  return {
    title: draft.title.trim() === '' ? titleOf(draft, entries) : draft.title.trim(),
    reference: { file: draft.reference ?? '', adapters },
    subjects: draft.subjects.map(({ file, withAdapters }, index) => ({
      file,
      label: (labels[index] ?? '').slice(0, 300),
      adapters: withAdapters ? adapters : [],
      ...(draft.adapters.length > 0 && !withAdapters ? { form: 'merged' as const } : {}),
    })),
    suites: [...draft.suites],
    texts: draft.texts.map(({ id }) => id),
    contextSize: draft.contextSize,
    mode: draft.mode,
    speed: draft.speed,
    tensorErrors: draft.tensorErrors,
    ...(draft.chunks === undefined ? {} : { chunks: draft.chunks }),
  };
}
