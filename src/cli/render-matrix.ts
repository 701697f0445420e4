// A measured adapter × level matrix: a table per level, then which form to ship and why.
import type { Measurement } from '#src/contract/quality/measurements.ts';
import type { MatrixCell, Run } from '#src/contract/quality/run.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { printable } from './printable.ts';
import { renderTable } from './render-table.ts';
import type { Style } from './terminal.ts';

const right = (title: string) => ({ title, align: 'right' as const });
const columns = [
  { title: 'adapter' }, right('own, run time'), right('own, merged'), right('top, run time'), right('top, merged'),
  right('general, run time'), right('general, merged'), right('retention'), right('cosine'), { title: 'ship' },
]; // prettier-ignore

/** Both forms' mean KLD with its standard error, on the adapter's own and on general text; same top on its own. */
export function renderMatrix(run: Run, style: Style): string {
  const levels = [...new Set(run.matrix.map(({ level }) => level))];
  return [
    `${style.bold(printable(run.title))}\n${aboutRun(run)}\n`,
    ...levels.map((level) => renderLevel(run, level, style)),
    ...levels.map((level) => renderReasons(run, level, style)),
  ].join('\n');
}

function aboutRun({ conditions, texts }: Run): string {
  const counts = texts.map(({ chunks }) => chunks);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const range =
    least === most ? formatCount(most) : `${formatCount(least)} to ${formatCount(most)}`;
  const chunks = `${range} chunks of ${conditions.contextSize} tokens per text`;
  return `${chunks}, ${conditions.backend} (${conditions.cpuVariant}), llama.cpp ${conditions.llamaRelease}`;
}

function renderLevel(run: Run, level: string, style: Style): string {
  const cells = run.matrix.filter((cell) => cell.level === level);
  const figure = (subject: string, text: string) =>
    run.measurements.find((each) => each.subject === subject && each.text === text);
  const rows = cells.map((cell) => {
    const { adapter, runTimeSubject, mergedSubject, ownText, generalText } = cell;
    const [runTime, merged] = [figure(runTimeSubject, ownText), figure(mergedSubject, ownText)];
    return [
      printable(adapter),
      kldText(runTime),
      kldText(merged),
      sameTopText(runTime),
      sameTopText(merged),
      kldText(figure(runTimeSubject, generalText)),
      kldText(figure(mergedSubject, generalText)),
      cell.retention.toFixed(3),
      cell.cosine?.toFixed(3) ?? '',
      shipWords[cell.ship],
    ];
  });
  const base = run.subjects.find(({ id }) => id === level);
  const alone = cells[0] && figure(level, cells[0].generalText);
  const size = base === undefined ? '' : ` ${formatBytes(base.bytes)}`;
  const context = alone === undefined ? '' : `; base alone on general text ${kldText(alone)}`;
  return `${style.bold(level)}${size}, mean KLD${context}\n${renderTable(columns, rows)}`;
}

function renderReasons(run: Run, level: string, style: Style): string {
  const cells = run.matrix.filter((cell) => cell.level === level);
  const lines = cells.map((cell) => `${printable(cell.adapter)}: ${shipWords[cell.ship]}. ${printable(cell.reason)}\n`); // prettier-ignore
  return `${style.bold(`Ship at ${level}`)}\n${lines.join('')}`;
}

export const shipWords: Readonly<Record<MatrixCell['ship'], string>> = {
  'run-time': 'run time',
  merged: 'merged',
  either: 'either',
};

function kldText(measurement: Measurement | undefined): string {
  if (measurement === undefined) return '';
  const { value, error } = measurement.kld.mean;
  return `${value.toFixed(5)} ± ${error.toFixed(5)}`;
}

function sameTopText(measurement: Measurement | undefined): string {
  return measurement === undefined ? '' : `${(100 * measurement.sameTop.value).toFixed(1)} %`;
}
