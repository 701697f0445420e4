// The adapter × level matrix of a run with the figures that its cells point at.
import type { Measurement } from '#src/contract/quality/measurements.ts';
import type { MatrixCell, Run } from '#src/contract/quality/run.ts';
import { compareSubjects } from '#src/evaluation/ranking/compare-subjects.ts';
import { figureOf, type Figure } from './run-rows.ts';
import type { TableData } from './table-data.ts';
import { kldText } from './figure-text.ts';

export interface MatrixEntry extends MatrixCell {
  readonly runTime: MatrixFigures;
  readonly merged: MatrixFigures;
  /** Which form is closer on the adapter's own text, when that can be told. */
  readonly closer: 'run-time' | 'merged' | undefined;
}

export interface MatrixFigures {
  readonly own: Figure | undefined;
  readonly general: Figure | undefined;
  readonly sameTop: Figure | undefined;
}

export function matrixOf(run: Run): MatrixEntry[] {
  const byKey = new Map(run.measurements.map((each) => [`${each.subject}\n${each.text}`, each]));
  const find = (subject: string, text: string) => byKey.get(`${subject}\n${text}`);
  return run.matrix.map((cell): MatrixEntry => {
    const figures = (subject: string): MatrixFigures => {
      const own = find(subject, cell.ownText);
      const general = find(subject, cell.generalText);
      return {
        own: own && figureOf(own, 'kld'),
        general: general && figureOf(general, 'kld'),
        sameTop: own && figureOf(own, 'sameTop'),
      };
    };
    return {
      ...cell,
      runTime: figures(cell.runTimeSubject),
      merged: figures(cell.mergedSubject),
      closer: closerForm(
        find(cell.runTimeSubject, cell.ownText),
        find(cell.mergedSubject, cell.ownText),
      ),
    };
  });
}

function closerForm(
  runTime: Measurement | undefined,
  merged: Measurement | undefined,
): MatrixEntry['closer'] {
  if (runTime === undefined || merged === undefined) return undefined;
  const { verdict } =
    compareSubjects(
      { id: 'run-time', measurements: [runTime] },
      { id: 'merged', measurements: [merged] },
    ) ?? {};
  return verdict === 'closer' ? 'run-time' : verdict === 'farther' ? 'merged' : undefined;
}

export const shipWords: Readonly<Record<MatrixCell['ship'], string>> = {
  'run-time': 'at run time',
  merged: 'merged',
  either: 'either',
};

export function matrixTable(entries: readonly MatrixEntry[]): TableData {
  const number = (figure: Figure | undefined) =>
    figure && { value: figure.value, text: kldText(figure.value) };
  return {
    columns: [
      { name: 'Adapter', csv: 'adapter', numeric: false },
      { name: 'Level', csv: 'level', numeric: false },
      { name: 'Run time, own', csv: 'run_time_own_kld', numeric: true },
      { name: 'Merged, own', csv: 'merged_own_kld', numeric: true },
      { name: 'Run time, general', csv: 'run_time_general_kld', numeric: true },
      { name: 'Merged, general', csv: 'merged_general_kld', numeric: true },
      { name: 'Retention', csv: 'retention', numeric: true },
      { name: 'Ship', csv: 'ship', numeric: false },
    ],
    rows: entries.map(({ adapter, level, runTime, merged, retention, ship }) => [
      adapter,
      level,
      number(runTime.own),
      number(merged.own),
      number(runTime.general),
      number(merged.general),
      { value: retention, text: retention.toFixed(3) },
      shipWords[ship],
    ]),
  };
}
