// A run as rows of figures, one per subject: what table, plane and exports show. Over several texts each text weighs the same,
// as in src/evaluation/ranking; intervals are joined as those of independent means.
import type { Estimate, Measurement, Speed, Timing } from '#src/contract/quality/measurements.ts';
import type { Ranking } from '#src/contract/quality/ranking.ts';
import type { Run } from '#src/contract/quality/run.ts';
import type { Subject } from '#src/contract/quality/subjects.ts';

/** A figure with its 95 % interval; `error` is its standard error (half the spread for timings). */
export interface Figure {
  readonly value: number;
  readonly error: number;
  readonly low: number;
  readonly high: number;
}

export const figureNames = [
  'kld',
  'kld99',
  'sameTop',
  'pplRatio',
  'generation',
  'firstToken',
  'memory',
] as const;
export type FigureName = (typeof figureNames)[number];

export interface SubjectRow {
  readonly subject: Subject;
  readonly id: string;
  readonly label: string;
  readonly level: string | undefined;
  readonly bytes: number;
  readonly bitsPerWeight: number;
  /** Texts that it was measured on, of those asked for. */
  readonly texts: number;
  readonly scoredTokens: number;
  readonly figures: Readonly<Partial<Record<FigureName, Figure>>>;
  readonly speed: Speed | undefined;
}

/** Rows of a run on one of its texts, or on all of them when `text` is undefined. */
export function rowsOf(run: Run, text?: string, ranking?: Ranking): SubjectRow[] {
  return run.subjects.map((subject) => {
    const measured = run.measurements.filter(
      (each) => each.subject === subject.id && (text === undefined || each.text === text),
    );
    const speed = run.speed.find((each) => each.subject === subject.id);
    const ranked =
      text === undefined
        ? ranking?.subjects.find((each) => each.subject === subject.id)
        : undefined;
    const kld =
      ranked === undefined
        ? joined(measured, kldFigure)
        : { value: ranked.kld.value, error: ranked.kld.error, ...ranked.kldInterval };
    return {
      subject,
      id: subject.id,
      label: subject.label,
      level: subject.level,
      bytes: subject.bytes,
      bitsPerWeight: subject.bitsPerWeight,
      texts: measured.length,
      scoredTokens: measured.reduce((sum, each) => sum + each.scoredTokens, 0),
      speed,
      figures: withoutUndefined({
        kld,
        kld99: joined(measured, ({ kld: { percentiles } }) => exact(percentiles['99'] ?? NaN)),
        sameTop: joined(measured, sameTopFigure),
        pplRatio: joined(measured, ({ pplRatio }) => fromEstimate(pplRatio)),
        generation: speed && fromTiming(speed.generationTokensPerSecond),
        firstToken: speed && fromTiming(speed.firstTokenSeconds),
        memory: speed && exact(speed.peakRamBytes + (speed.peakVramBytes ?? 0)),
      }),
    };
  });
}

/** The figure of one subject on one text, as the heat map shows it. */
export function figureOf(measurement: Measurement, name: FigureName): Figure | undefined {
  switch (name) {
    case 'kld':
      return kldFigure(measurement);
    case 'sameTop':
      return sameTopFigure(measurement);
    case 'pplRatio':
      return fromEstimate(measurement.pplRatio);
    case 'kld99':
      return exact(measurement.kld.percentiles['99'] ?? NaN);
    default:
      return undefined;
  }
}

/** Measures of which less is better. */
export function isLessBetter(name: FigureName): boolean {
  return name !== 'sameTop' && name !== 'generation';
}

/** The one row that is better than every other beyond doubt; undefined where intervals overlap. */
export function clearBest(rows: readonly SubjectRow[], name: FigureName): string | undefined {
  // A perplexity below the reference's is luck, not fidelity; a percentile and a peak have no interval.
  if (name === 'pplRatio' || name === 'kld99' || name === 'memory') return undefined;
  const sign = isLessBetter(name) ? 1 : -1;
  const found = rows.flatMap(({ id, figures }) => {
    const figure = figures[name];
    if (figure === undefined) return [];
    const [near, far] = sign > 0 ? [figure.low, figure.high] : [-figure.high, -figure.low];
    return [{ id, near, far, value: sign * figure.value }];
  });
  if (found.length < 2) return undefined;
  const best = found.reduce((a, b) => (b.value < a.value ? b : a));
  return found.every((other) => other === best || best.far < other.near) ? best.id : undefined;
}

function kldFigure({ kld: { mean, interval } }: Measurement): Figure {
  return { ...mean, low: interval.low, high: interval.high };
}

function sameTopFigure({ sameTop, sameTopInterval }: Measurement): Figure {
  return { ...sameTop, low: sameTopInterval.low, high: sameTopInterval.high };
}

function fromEstimate({ value, error }: Estimate): Figure {
  return { value, error, low: value - 1.96 * error, high: value + 1.96 * error };
}

function fromTiming({ median, low, high }: Timing): Figure {
  return { value: median, error: (high - low) / 2, low, high };
}

function exact(value: number): Figure | undefined {
  return Number.isFinite(value) ? { value, error: 0, low: value, high: value } : undefined;
}

/** The mean over texts; distances to the interval's ends add as squares. */
function joined(
  measured: readonly Measurement[],
  figure: (measurement: Measurement) => Figure | undefined,
): Figure | undefined {
  const all = measured.map(figure).filter((each) => each !== undefined);
  const [only] = all;
  if (only === undefined || all.length === 1) return only;
  const mean = (of: (each: Figure) => number) =>
    all.reduce((sum, each) => sum + of(each), 0) / all.length;
  const spread = (of: (each: Figure) => number) => Math.hypot(...all.map(of)) / all.length;
  const value = mean((each) => each.value);
  return {
    value,
    error: spread((each) => each.error),
    low: value - spread((each) => each.value - each.low),
    high: value + spread((each) => each.high - each.value),
  };
}

function withoutUndefined(
  figures: Record<FigureName, Figure | undefined>,
): Partial<Record<FigureName, Figure>> {
  return Object.fromEntries(Object.entries(figures).filter(([, figure]) => figure !== undefined));
}
