// The adapters of one column: those bundled in the model by name, and files of the library that fit it, each with a scale.
import { useEffect, useState } from 'react';
import type { ColumnModel } from '#src/contract/conversation.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { Checkbox } from '#renderer/ui/checkbox.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Slider } from '#renderer/ui/slider.tsx';
import { formatScale, type ColumnAdapter } from '../logic/column-name.ts';
import { modelName } from '../logic/model-groups.ts';
import { useChat } from '../state/chat-store.ts';
import { rememberFile } from '../state/column-runner.ts';
import css from './model-dialog.module.css';

/** An adapter that may be switched on. */
interface Offer {
  readonly name: string;
  readonly about: string;
  readonly adapter: ColumnAdapter;
}

interface Fits {
  readonly offers: readonly Offer[];
  readonly refused: readonly { name: string; reason: string }[];
}

export interface AdapterChoiceProps {
  model: ColumnModel;
  entry: LibraryEntry | undefined;
  onChange: (adapters: ColumnModel['adapters']) => void;
}

export function AdapterChoice({ model, entry, onChange }: AdapterChoiceProps) {
  const library = useChat((state) => state.library);
  const [fits, setFits] = useState<Fits | undefined>();
  const [problem, setProblem] = useState<unknown>();
  const base = entry?.file.id;

  useEffect(() => {
    if (base === undefined || library === undefined) return;
    const controller = new AbortController();
    findFitting(base, library, controller.signal).then(setFits, (error: unknown) => {
      if (!controller.signal.aborted) setProblem(error);
    });
    return () => controller.abort();
  }, [base, library]);

  const bundled: Offer[] = (entry?.bundledAdapters ?? []).map(({ name, domain, scale }) => ({
    name,
    about: `${domain}, packed at ×${formatScale(scale)}`,
    adapter: { bundled: name, scale: 1 },
  }));
  // What the column has stays offered although the library does not list it.
  const listed = [...bundled, ...(fits?.offers ?? [])];
  const others = model.adapters
    .filter((adapter) => !listed.some((offer) => isSame(offer.adapter, adapter)))
    .map((adapter): Offer => ({
      name: 'bundled' in adapter ? adapter.bundled : adapter.name,
      about: 'bundled' in adapter ? 'bundled' : adapter.path,
      adapter,
    }));

  const set = (adapter: ColumnAdapter, scale: number | undefined) =>
    onChange([
      ...model.adapters.filter((other) => !isSame(other, adapter)),
      ...(scale === undefined ? [] : [{ ...adapter, scale }]),
    ]);

  const lines = (offers: readonly Offer[]) =>
    offers.map((offer) => (
      <AdapterLine
        key={JSON.stringify({ ...offer.adapter, scale: 0 })}
        offer={offer}
        scale={model.adapters.find((adapter) => isSame(adapter, offer.adapter))?.scale}
        onChange={(scale) => set(offer.adapter, scale)}
      />
    ));

  return (
    <>
      <h3 className={css.group}>Adapters of {model.name}</h3>
      {bundled.length > 0 && lines(bundled)}
      {others.length > 0 && lines(others)}
      {fits !== undefined && fits.offers.length > 0 && (
        <>
          <h4 className={css.group}>Adapter files that fit</h4>
          {lines(fits.offers)}
        </>
      )}
      {problem !== undefined && <ErrorNotice error={problem} />}
      {base !== undefined && fits === undefined && problem === undefined && (
        <p className={css.muted}>Looking which adapters fit…</p>
      )}
      {listed.length + others.length === 0 && fits !== undefined && (
        <p className={css.muted}>No adapter of the library fits this model.</p>
      )}
      {fits !== undefined && fits.refused.length > 0 && (
        <details className={css.refused}>
          <summary>
            {fits.refused.length} {fits.refused.length === 1 ? 'adapter' : 'adapters'} cannot be
            used here
          </summary>
          <ul>
            {fits.refused.map(({ name, reason }) => (
              <li key={name}>
                {name}: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function isSame(left: ColumnAdapter, right: ColumnAdapter): boolean {
  return 'bundled' in left
    ? 'bundled' in right && left.bundled === right.bundled
    : 'path' in right && left.path === right.path;
}

async function findFitting(
  base: string,
  library: readonly LibraryEntry[],
  signal: AbortSignal,
): Promise<Fits> {
  const adapters = new Map(
    library.filter(({ kind }) => kind === 'adapter').map((entry) => [entry.file.id, entry]),
  );
  if (adapters.size === 0) return { offers: [], refused: [] };
  const answers = await studio().call('checkAdapters', { base }, { signal });
  const offers: Offer[] = [];
  const refused: { name: string; reason: string }[] = [];
  for (const { file, fits, mergeOnly, reason } of answers) {
    const entry = adapters.get(file);
    if (entry === undefined) continue;
    const name = modelName(entry);
    if (fits && mergeOnly !== true) {
      rememberFile(entry.file);
      offers.push({
        name,
        about: [entry.domain, reason].filter(Boolean).join(', '),
        adapter: { path: entry.file.recipePath, name, scale: 1 },
      });
    } else {
      refused.push({ name, reason: reason ?? 'made for another base.' });
    }
  }
  return { offers, refused };
}

interface AdapterLineProps {
  offer: Offer;
  /** Undefined: off. */
  scale: number | undefined;
  onChange: (scale: number | undefined) => void;
}

function AdapterLine({ offer, scale, onChange }: AdapterLineProps) {
  return (
    <div className={css.adapter}>
      <Checkbox checked={scale !== undefined} onChange={(on) => onChange(on ? 1 : undefined)}>
        {offer.name}
      </Checkbox>
      <p className={css.muted}>{offer.about}</p>
      {scale !== undefined && (
        <Slider
          label={`Scale of ${offer.name}`}
          hideLabel
          value={scale}
          minimum={0}
          maximum={2}
          step={0.05}
          format={(value) => `×${formatScale(value)}`}
          onChange={onChange}
        />
      )}
    </div>
  );
}
