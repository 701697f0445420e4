// Adapters that the original has switched on in this run; files that hold them merged are then measured as they are, plain ones
// with the same adapters at run time.
import { useEffect, useState } from 'react';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { Checkbox } from '#renderer/ui/checkbox.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import type { ChosenAdapter } from './add-run-state.ts';
import css from './add-run.module.css';

export interface AdapterLinesProps {
  base: string | undefined;
  entries: readonly LibraryEntry[];
  chosen: readonly ChosenAdapter[];
  onChange: (adapters: readonly ChosenAdapter[]) => void;
  /** What they are here; with it, they are all in sight and have no scale. */
  label?: string;
}

export function AdapterLines({ base, entries, chosen, onChange, label }: AdapterLinesProps) {
  const [fitting, setFitting] = useState<readonly string[] | undefined>();
  const [problem, setProblem] = useState<unknown>();
  const hasAdapters = entries.some(({ kind }) => kind === 'adapter');
  useEffect(() => {
    setFitting(undefined);
    setProblem(undefined);
    if (base === undefined || !hasAdapters) return;
    const controller = new AbortController();
    studio()
      .call('checkAdapters', { base }, { signal: controller.signal })
      .then(
        (answers) => setFitting(answers.filter(({ fits }) => fits).map(({ file }) => file)),
        (error: unknown) => {
          if (!controller.signal.aborted) setProblem(error);
        },
      );
    return () => controller.abort();
  }, [base, hasAdapters]);
  if (base === undefined || !hasAdapters) return null;
  const offered = entries.filter(({ file }) => fitting?.includes(file.id));
  return (
    <details className={css.adapters} open={label !== undefined || chosen.length > 0}>
      <summary>
        {label !== undefined
          ? `${label}: ${chosen.length} of ${offered.length}`
          : chosen.length === 0
            ? `Adapters of the original: none${offered.length > 0 ? ` of ${offered.length}` : ''}`
            : `Adapters of the original: ${chosen.map(({ name }) => name).join(', ')}`}
      </summary>
      {problem !== undefined && <ErrorNotice error={problem} />}
      {fitting === undefined && problem === undefined && (
        <p className={css.muted}>Looking which adapters fit…</p>
      )}
      {fitting !== undefined && offered.length === 0 && (
        <p className={css.muted}>No adapter of the library fits this model.</p>
      )}
      <div className={css.list}>
        {offered.map(({ file, name }) => {
          const own = chosen.find((adapter) => adapter.file === file.id);
          const others = chosen.filter((adapter) => adapter.file !== file.id);
          return (
            <div key={file.id} className={css.suite} title={file.path}>
              <Checkbox
                checked={own !== undefined}
                onChange={(on) =>
                  onChange(on ? [...others, { file: file.id, name, scale: 1 }] : others)
                }
              >
                {name}
              </Checkbox>
              <span />
              {own !== undefined && label === undefined && (
                <NumberInput
                  label={`Scale of ${name}`}
                  value={own.scale}
                  minimum={0}
                  maximum={10}
                  step={0.1}
                  whole={false}
                  onChange={(scale) => onChange([...others, { ...own, scale }])}
                />
              )}
            </div>
          );
        })}
      </div>
    </details>
  );
}
