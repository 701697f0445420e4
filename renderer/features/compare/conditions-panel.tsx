// Under which conditions the figures hold: without them no number of a run means anything.
import type { ReactNode } from 'react';
import type { Run } from '#src/contract/quality/run.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import css from './compare.module.css';
import { dateText, kldText } from './figure-text.ts';

export function ConditionsPanel({ run }: { run: Run }) {
  return (
    <section className={css.card} aria-label="Run">
      <header className={css.cardHead}>
        <h2>Run</h2>
        <div className={css.choices}>
          <CopyButton text={conditionsText(run)} label="Copy the conditions" />
        </div>
      </header>
      <dl className={css.facts}>
        {conditionRows(run).map(({ name, value, words }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd
              className={words === true ? undefined : 'num'}
              title={typeof value === 'string' ? value : undefined}
            >
              {value}
            </dd>
          </div>
        ))}
      </dl>
      <details className={css.remarks}>
        <summary>
          {run.texts.length} {run.texts.length === 1 ? 'text' : 'texts'}
        </summary>
        <dl className={css.facts}>
          {run.texts.map(({ id, title, scoredTokens, chunks }) => (
            <div key={id}>
              <dt title={id}>{title}</dt>
              <dd className="num">
                {formatCount(scoredTokens)} tokens · {formatCount(chunks)} chunks
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}

interface ConditionRow {
  readonly name: string;
  readonly value: ReactNode;
  readonly words?: boolean;
}

/** What is told of a run; two runs with the same of these can be compared. */
export function conditionRows(run: Run): ConditionRow[] {
  const { conditions, references, texts } = run;
  const [reference] = references;
  const sampling = Math.max(0, ...run.measurements.map(({ kld }) => kld.samplingError));
  const scored = texts.reduce((sum, each) => sum + each.scoredTokens, 0);
  return [
    { name: 'measured', value: dateText(run.createdAt) },
    { name: 'base', value: reference?.label ?? '–' },
    { name: 'base type', value: reference?.level ?? '–' },
    { name: 'scored tokens', value: formatCount(scored) },
    { name: 'context', value: `${formatCount(conditions.contextSize)} tokens` },
    {
      name: 'reference',
      value:
        conditions.mode === 'full'
          ? 'both models, no file'
          : [
              conditions.referenceBytes === undefined
                ? undefined
                : formatBytes(conditions.referenceBytes),
              conditions.referenceShare === undefined
                ? undefined
                : `${(conditions.referenceShare * 100).toFixed(conditions.referenceShare < 0.1 ? 1 : 0)} % of logits`,
            ]
              .filter((each) => each !== undefined)
              .join(', '),
    },
    { name: 'its error', value: sampling === 0 ? 'none' : `±${kldText(sampling)} KLD` },
    { name: 'llama.cpp', value: `v${conditions.llamaRelease} · ${conditions.backend}` },
    { name: 'code for', value: conditions.cpuVariant },
    {
      name: 'threads',
      value: `${conditions.threads}${conditions.gpuLayers > 0 ? `, ${conditions.gpuLayers} layers on GPU` : ''}`,
    },
    { name: 'machine', value: conditions.machine },
  ];
}

function conditionsText(run: Run): string {
  return [
    run.title,
    ...conditionRows(run).map(
      ({ name, value }) => `${name}: ${typeof value === 'string' ? value : ''}`,
    ),
    ...run.texts.map(({ title, sha256 }) => `text: ${title} ${sha256}`),
    ...run.references.map(({ label, sha256 }) => `reference: ${label} ${sha256}`),
    ...run.subjects.map(({ label, sha256 }) => `file: ${label} ${sha256}`),
  ].join('\n');
}
