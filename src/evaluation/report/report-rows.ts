// A run as rows of a report: one per subject that was measured, from small to large. Over several texts each text weighs the
// same, as in the ranking.
import type { Estimate, Measurement, Speed } from '#src/contract/quality/measurements.ts';
import type { RankedSubject, Ranking } from '#src/contract/quality/ranking.ts';
import type { Run } from '#src/contract/quality/run.ts';
import type { Subject } from '#src/contract/quality/subjects.ts';

export interface ReportRow {
  readonly subject: Subject;
  readonly ranked: RankedSubject;
  /** What the reference's sampled tail adds to the error of the mean KLD. */
  readonly samplingError: number;
  /** 99 % of the tokens stay below; undefined where a measurement does not tell. */
  readonly kld99: number | undefined;
  readonly sameTop: Estimate;
  readonly pplRatio: Estimate;
  readonly speed: Speed | undefined;
}

export function reportRows(run: Run, ranking: Ranking): ReportRow[] {
  return ranking.subjects.flatMap((ranked): ReportRow[] => {
    const subject = run.subjects.find(({ id }) => id === ranked.subject);
    const measured = run.measurements.filter((one) => one.subject === ranked.subject);
    if (subject === undefined || measured.length === 0) return [];
    return [
      {
        subject,
        ranked,
        samplingError: joined(measured, ({ kld }) => ({ value: 0, error: kld.samplingError }))
          .error,
        kld99: meanOf(measured.map(({ kld }) => kld.percentiles['99'])),
        sameTop: joined(measured, ({ sameTop }) => sameTop),
        pplRatio: joined(measured, ({ pplRatio }) => pplRatio),
        speed: run.speed.find((one) => one.subject === ranked.subject),
      },
    ];
  });
}

/** The mean over texts; errors of independent means add as squares. */
function joined(
  measured: readonly Measurement[],
  estimate: (one: Measurement) => Estimate,
): Estimate {
  const all = measured.map(estimate);
  return {
    value: all.reduce((sum, { value }) => sum + value, 0) / all.length,
    error: Math.hypot(...all.map(({ error }) => error)) / all.length,
  };
}

function meanOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  if (known.length !== values.length || known.length === 0) return undefined;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
