// The facts of a file: what it is, what it takes to run it here, and what is wrong with it.
import type { ReactNode } from 'react';
import type { Inspection } from '#src/contract/inspection.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { Chip } from '#renderer/ui/chip.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { contextOf, domainOf, fitWords, formatParameters, memoryNeeded } from '../entry-words.ts';
import css from './details.module.css';
import { TypeBar } from './type-bar.tsx';

export interface OverviewTabProps {
  entry: LibraryEntry;
  inspection: Inspection | undefined;
  /** Stands for what the file's header will tell. */
  waiting: ReactNode;
}

export function OverviewTab({ entry, inspection, waiting }: OverviewTabProps) {
  return (
    <div className={css.pad}>
      {entry.problem !== undefined && <ErrorNotice error={entry.problem} />}
      {inspection?.problems.map((problem) => (
        <ErrorNotice key={problem.message} error={problem} />
      ))}
      {inspection?.notices.map((notice) => (
        <p key={notice} className={css.note}>
          {notice}
        </p>
      ))}
      <Facts facts={headlineFacts(entry)} />
      <MemoryFacts entry={entry} />
      {inspection === undefined ? (
        waiting
      ) : (
        <>
          {inspection.types.length > 0 && (
            <section>
              <h3 className="label">Bytes by type</h3>
              <TypeBar types={inspection.types} />
            </section>
          )}
          {inspection.adapters.length > 0 && (
            <section>
              <h3 className="label">Adapters inside</h3>
              <Facts
                facts={inspection.adapters.map((adapter) => [
                  `${adapter.name} · ${adapter.domain}`,
                  `${formatBytes(adapter.bytes)} · scale ${adapter.scale}`,
                ])}
              />
            </section>
          )}
          <section>
            <h3 className="label">From the header</h3>
            <Facts facts={inspection.facts.map(({ name, value }) => [name, value])} />
          </section>
        </>
      )}
    </div>
  );
}

type Fact = readonly [name: string, value: string];

function headlineFacts(entry: LibraryEntry): readonly Fact[] {
  const context = contextOf(entry);
  const facts: [string, string | undefined][] = [
    ['Architecture', entry.architecture],
    ['Parameters', entry.parameters === undefined ? undefined : formatParameters(entry.parameters)],
    ['Size', formatBytes(entry.bytes)],
    [
      'Bits per weight',
      entry.bitsPerWeight === undefined ? undefined : entry.bitsPerWeight.toFixed(2),
    ],
    ['Context', context === undefined ? undefined : `${formatCount(context)} tokens`],
    [
      'Rank and alpha',
      entry.adapter === undefined ? undefined : `${entry.adapter.rank} · ${entry.adapter.alpha}`,
    ],
    ['Made for', entry.adapter?.baseName],
    ['Domain', domainOf(entry)],
    ['Found in', entry.foundIn],
    ['Changed', changedText(entry.modified)],
    ['Path', entry.file.path],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

function MemoryFacts({ entry }: { entry: LibraryEntry }) {
  const { memory, fitsMemory } = entry;
  const needed = memoryNeeded(entry);
  if (memory === undefined || needed === undefined) return null;
  const fit = fitsMemory === undefined ? undefined : fitWords[fitsMemory];
  return (
    <section>
      <h3 className="label">Memory to run it here, estimated</h3>
      <Facts
        facts={[
          ['Weights', formatBytes(memory.weightsBytes)],
          [`Context of ${formatCount(memory.contextSize)} tokens`, formatBytes(memory.cacheBytes)],
          ['Working space', formatBytes(memory.computeBytes)],
          ['Together', formatBytes(needed)],
        ]}
      />
      {fit !== undefined && (
        <p className={css.fit}>
          <Chip tone={fit.tone}>{fit.word}</Chip> {fit.says}
        </p>
      )}
    </section>
  );
}

function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={css.facts}>
      {facts.map(([name, value], index) => (
        <div key={`${name}:${index}`}>
          <dt>{name}</dt>
          <dd className="num">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** `23 Nov 2026, 12:19`. */
function changedText(time: number): string {
  return new Date(time).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
}
