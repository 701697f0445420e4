// Figures as this screen writes them: KLD with the digits that its error leaves, shares in percent, ratios, speeds.
import { formatBytes } from '#src/text/format-number.ts';
import type { Figure, FigureName } from './run-rows.ts';

export interface FigureWords {
  /** Column header. */
  readonly name: string;
  /** In sentences and on axes. */
  readonly long: string;
  /** Header in CSV files, with its unit. */
  readonly csv: string;
}

export const figureWords: Readonly<Record<FigureName, FigureWords>> = {
  kld: { name: 'Mean KLD', long: 'mean KLD against the reference, nats', csv: 'mean_kld_nats' },
  kld99: {
    name: '99 %',
    long: '99 % of tokens stay below this KLD, nats',
    csv: 'kld_99_percent_nats',
  },
  sameTop: { name: 'Same top', long: 'same most probable token, %', csv: 'same_top_share' },
  pplRatio: {
    name: 'PPL ratio',
    long: 'perplexity / perplexity of the reference',
    csv: 'ppl_ratio',
  },
  generation: {
    name: 'Gen t/s',
    long: 'generated tokens per second',
    csv: 'generation_tokens_per_second',
  },
  firstToken: { name: 'First token', long: 'time to the first token', csv: 'first_token_seconds' },
  memory: { name: 'Memory', long: 'peak memory', csv: 'peak_memory_bytes' },
};

/** `0.0282`, `0.331`, `2.91`: three significant digits, at most five places. */
export function kldText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return value.toFixed(
    size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : size >= 0.01 ? 4 : 5,
  );
}

/** Places after the point that an error of this size leaves: one significant digit of the error. */
export function placesOf(error: number): number {
  if (!(error > 0)) return 5;
  return Math.min(6, Math.max(0, -Math.floor(Math.log10(error))));
}

/** A value alone. */
export function figureText(name: FigureName, value: number): string {
  switch (name) {
    case 'kld':
    case 'kld99':
      return kldText(value);
    case 'sameTop':
      return `${(value * 100).toFixed(1)} %`;
    case 'pplRatio':
      return value.toFixed(4);
    case 'generation':
      return value >= 100 ? value.toFixed(0) : value.toFixed(1);
    case 'firstToken':
      return value < 1
        ? `${(value * 1000).toFixed(value < 0.01 ? 1 : 0)} ms`
        : `${value.toFixed(2)} s`;
    case 'memory':
      return formatBytes(value);
  }
}

/** Value and standard error as two texts with the same number of places, so that columns line up. */
export function figureParts(
  name: FigureName,
  { value, error }: Figure,
): { value: string; error?: string } {
  if (!(error > 0) || name === 'memory' || name === 'firstToken' || name === 'kld99') {
    return { value: figureText(name, value) };
  }
  if (name === 'sameTop') {
    return { value: (value * 100).toFixed(1), error: `${(error * 100).toFixed(1)} %` };
  }
  if (name === 'generation')
    return { value: figureText(name, value), error: figureText(name, error) };
  const places = Math.max(name === 'pplRatio' ? 3 : 0, placesOf(error));
  return { value: value.toFixed(places), error: error.toFixed(places) };
}

/** `0.0282 (0.0259 to 0.0305)`. */
export function intervalText(name: FigureName, { value, low, high }: Figure): string {
  const text = figureText(name, value);
  if (isUnknown(low) || isUnknown(high)) return `${text} (one chunk tells no interval)`;
  return low === high ? text : `${text} (${figureText(name, low)} to ${figureText(name, high)})`;
}

/** A bound that says nothing: one chunk has no spread, and JSON has no infinity. */
export function isUnknown(bound: number): boolean {
  return !(Math.abs(bound) < 1e100);
}

/** Plain date and time of a run, in the user's own way: `23 Nov 2026, 14:48`. */
export function dateText(milliseconds: number): string {
  return new Date(milliseconds).toLocaleString(undefined, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
}
