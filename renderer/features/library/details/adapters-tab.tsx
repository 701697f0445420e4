// Which adapters of the library fit a base, and for an adapter: which bases; always with the reason why not.
import { Check, X } from 'lucide-react';
import { useMemo } from 'react';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { useLibrary } from '#renderer/stores/library-store.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Skeleton } from '#renderer/ui/skeleton.tsx';
import { selectEntry } from '../library-state.ts';
import css from './details.module.css';
import { useAsked } from './use-inspection.ts';

interface Fit {
  readonly file: string;
  readonly name: string;
  readonly fits: boolean;
  readonly reason: string | undefined;
}

/** Most bases that one adapter is checked against. */
const mostBases = 60;

export function AdaptersTab({ entry }: { entry: LibraryEntry }) {
  const entries = useLibrary((store) => store.entries);
  const isAdapter = entry.kind === 'adapter';
  const others = useMemo(
    () =>
      entries.filter(({ kind, file }) =>
        isAdapter
          ? (kind === 'base' || kind === 'gguf') && file.id !== entry.file.id
          : kind === 'adapter',
      ),
    [entries, isAdapter, entry.file.id],
  );
  const key = `fits:${entry.file.id}:${others.map(({ file }) => file.id).join()}`;
  const asked = useAsked<readonly Fit[]>(key, (signal) =>
    isAdapter ? checkBases(entry, others, signal) : checkOwn(entry, others, signal),
  );
  if (entry.kind !== 'adapter' && entry.kind !== 'base' && entry.kind !== 'gguf') {
    return (
      <EmptyState title="No adapters here" text="Only bases, GGUFs and adapters can be matched." />
    );
  }
  if (others.length === 0) {
    return (
      <EmptyState
        title={isAdapter ? 'No bases in the library' : 'No adapters in the library'}
        text={
          isAdapter
            ? 'Add the model that this adapter was trained on.'
            : 'Add PEFT folders or GGUF adapters; here you will see which of them fit this model.'
        }
      />
    );
  }
  if (asked.error !== undefined) {
    return (
      <div className={css.pad}>
        <ErrorNotice
          error={asked.error}
          action={<Button onClick={asked.again}>Check again</Button>}
        />
      </div>
    );
  }
  if (asked.value === undefined) return <Skeleton label="Checking what fits" />;
  const fitting = asked.value.filter(({ fits }) => fits);
  const refused = asked.value.filter(({ fits }) => !fits);
  return (
    <div className={css.pad}>
      <FitList title={`Fit (${fitting.length})`} fits={fitting} />
      <FitList title={`Do not fit (${refused.length})`} fits={refused} />
      {isAdapter && others.length > mostBases && (
        <p className={css.note}>
          Only the first {mostBases} of {others.length} models were checked.
        </p>
      )}
    </div>
  );
}

async function checkOwn(
  entry: LibraryEntry,
  adapters: readonly LibraryEntry[],
  signal: AbortSignal,
): Promise<readonly Fit[]> {
  const names = new Map(adapters.map(({ file, name }) => [file.id, name]));
  const fits = await studio().call('checkAdapters', { base: entry.file.id }, { signal });
  return fits.map(({ file, adapter, fits: fit, reason }) => ({
    file,
    name: names.get(file) ?? adapter,
    fits: fit,
    reason,
  }));
}

/** One base after the other: each is a header to read. */
async function checkBases(
  adapter: LibraryEntry,
  bases: readonly LibraryEntry[],
  signal: AbortSignal,
): Promise<readonly Fit[]> {
  const fits: Fit[] = [];
  for (const base of bases.slice(0, mostBases)) {
    const common = { file: base.file.id, name: base.name };
    try {
      const [fit] = await studio().call(
        'checkAdapters',
        { base: base.file.id, adapters: [adapter.file.id] },
        { signal },
      );
      fits.push({ ...common, fits: fit?.fits === true, reason: fit?.reason });
    } catch (error) {
      if (signal.aborted) throw error;
      fits.push({ ...common, fits: false, reason: (error as Error).message });
    }
  }
  return fits;
}

function FitList({ title, fits }: { title: string; fits: readonly Fit[] }) {
  if (fits.length === 0) return null;
  return (
    <section>
      <h3 className="label">{title}</h3>
      <ul className={css.fits}>
        {fits.map((fit) => (
          <li key={fit.file} data-fits={fit.fits}>
            {fit.fits ? <Check aria-hidden="true" /> : <X aria-hidden="true" />}
            <div>
              <button
                type="button"
                onClick={() => selectEntry({ file: { id: fit.file } as never })}
              >
                {fit.name}
              </button>
              {fit.reason !== undefined && <p>{fit.reason}</p>}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
