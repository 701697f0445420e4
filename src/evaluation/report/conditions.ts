// Under which conditions a run's figures hold: as names with values, and as one line for a model card.
import type { Run } from '#src/contract/quality/run.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';

export type Fact = readonly [name: string, value: string];

export function conditionFacts(run: Run): Fact[] {
  const { conditions } = run;
  const share = conditions.referenceShare;
  return [
    ['Measured', dateText(run.createdAt)],
    ['Against', run.references.map(({ label, level }) => withLevel(label, level)).join(', ')],
    ['Texts', textWords(run)],
    ['Context', `${formatCount(conditions.contextSize)} tokens; the second half of each chunk is scored`], // prettier-ignore
    ['llama.cpp', conditions.llamaRelease],
    ['Computed by', computedBy(run)],
    ['Machine', conditions.machine],
    ['Threads', String(conditions.threads)],
    [
      'Reference',
      conditions.mode === 'full'
        ? 'both models side by side'
        : `kept per position: the ${conditions.topTokens ?? 0} likeliest tokens exactly, ${conditions.sampledTokens ?? 0} sampled ones${
            share === undefined || conditions.referenceBytes === undefined
              ? ''
              : `; ${formatBytes(conditions.referenceBytes)}, ${(share * 100).toFixed(share < 0.1 ? 2 : 1)} % of llama.cpp's logits file`
          }`,
    ],
  ];
}

/** One line, without figures of the machine that decide nothing. */
export function conditionsLine(run: Run): string {
  const { conditions, references } = run;
  const against = references.map(({ label, level }) => withLevel(label, level)).join(', ');
  const reference = conditions.mode === 'full' ? 'side by side' : 'small reference';
  return `Against ${against}; ${textWords(run)}; context ${conditions.contextSize}; llama.cpp ${conditions.llamaRelease}, ${computedBy(run)}, ${reference}; ${dateText(run.createdAt)}.`;
}

export function dateText(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? 'unknown date' : date.toISOString().slice(0, 10);
}

function textWords({ texts }: Run): string {
  return texts
    .map(({ title, chunks, scoredTokens }) => {
      const unit = chunks === 1 ? 'chunk' : 'chunks';
      return `${title} (${formatCount(chunks)} ${unit}, ${formatCount(scoredTokens)} scored tokens)`;
    })
    .join(', ');
}

function computedBy({ conditions }: Run): string {
  const { backend, cpuVariant, gpuLayers } = conditions;
  return gpuLayers > 0 ? `${backend} (${gpuLayers} layers)` : `${backend} (${cpuVariant})`;
}

function withLevel(label: string, level: string | undefined): string {
  return level === undefined || label.includes(level) ? label : `${label} ${level}`;
}
