// The files to measure: those of the library, the ones that look as if they came from the original first.
import { useDeferredValue, useMemo, useState } from 'react';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Checkbox } from '#renderer/ui/checkbox.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { SearchInput } from '#renderer/ui/text-input.tsx';
import type { ChosenSubject, RunDraft } from './add-run-state.ts';
import css from './add-run.module.css';
import { measurable } from './model-choice.ts';

/** More lines than anyone reads; the search narrows them. */
const mostLines = 200;

export interface SubjectLinesProps {
  entries: readonly LibraryEntry[];
  listed: boolean;
  reference: LibraryEntry | undefined;
  draft: RunDraft;
  onChange: (subjects: readonly ChosenSubject[]) => void;
}

export function SubjectLines({ entries, listed, reference, draft, onChange }: SubjectLinesProps) {
  const [search, setSearch] = useState('');
  const typed = useDeferredValue(search);
  const { like, others } = useMemo(
    () => measurable(entries, reference, typed),
    [entries, reference, typed],
  );
  const [showsOthers, setShowsOthers] = useState(false);
  const shown = [...like, ...(showsOthers || like.length === 0 ? others : [])];
  const areAllChosen =
    like.length > 0 &&
    like.every(({ file }) => draft.subjects.some((subject) => subject.file === file.id));
  const set = (file: string, subject: ChosenSubject | undefined) => {
    const rest = draft.subjects.filter((other) => other.file !== file);
    const at = draft.subjects.findIndex((other) => other.file === file);
    if (subject === undefined) onChange(rest);
    else
      onChange(
        at < 0
          ? [...rest, subject]
          : draft.subjects.map((other, index) => (index === at ? subject : other)),
      );
  };
  return (
    <section aria-label="Files to measure" className={css.subjects}>
      <div className={css.headLine}>
        <h3 className="label">Files to measure</h3>
        {like.length > 1 && (
          <Button
            variant="quiet"
            onClick={() => {
              const ids = new Set(like.map(({ file }) => file.id));
              const rest = draft.subjects.filter(({ file }) => !ids.has(file));
              onChange(
                areAllChosen
                  ? rest
                  : [...rest, ...like.map(({ file }) => ({ file: file.id, withAdapters: false }))],
              );
            }}
          >
            {areAllChosen ? 'Choose none' : `Choose all ${like.length}`}
          </Button>
        )}
      </div>
      <SearchInput
        label="Search files"
        placeholder="Name, level, domain"
        value={search}
        onChange={setSearch}
      />
      <div className={css.list} tabIndex={0} role="group" aria-label="Files">
        {shown.length === 0 && (
          <p className={css.muted}>
            {listed
              ? search === ''
                ? 'The library holds no GGUF. Build some levels in Workflow first.'
                : `No file matches “${search}”.`
              : 'Reading the library…'}
          </p>
        )}
        {shown.slice(0, mostLines).map((entry) => {
          const subject = draft.subjects.find(({ file }) => file === entry.file.id);
          return (
            <div key={entry.file.id} className={css.suite} title={entry.path}>
              <Checkbox
                checked={subject !== undefined}
                onChange={(on) =>
                  set(entry.file.id, on ? { file: entry.file.id, withAdapters: false } : undefined)
                }
              >
                {entry.name}
              </Checkbox>
              {subject !== undefined && draft.adapters.length > 0 ? (
                <Select
                  label={`Adapters of ${entry.name}`}
                  value={subject.withAdapters ? 'on' : 'off'}
                  options={[
                    { value: 'off', label: 'merged already' },
                    { value: 'on', label: 'at run time' },
                  ]}
                  onChange={(value) =>
                    set(entry.file.id, { ...subject, withAdapters: value === 'on' })
                  }
                />
              ) : (
                <span>{entry.type !== undefined && <LevelTag level={entry.type} />}</span>
              )}
              <span className="num">{formatBytes(entry.bytes)}</span>
            </div>
          );
        })}
        {shown.length > mostLines && (
          <p className={css.muted}>{shown.length - mostLines} more match; narrow the search.</p>
        )}
      </div>
      {others.length > 0 && like.length > 0 && !showsOthers && (
        <Button variant="quiet" onClick={() => setShowsOthers(true)}>
          Show {others.length} other {others.length === 1 ? 'model' : 'models'}
        </Button>
      )}
    </section>
  );
}
