// A measured run as tables: one per text, a line per file.
import type { Run } from '#src/contract/quality/run.ts';
import type { Measurement } from '#src/contract/quality/measurements.ts';
import { comparisonText, scoreText, taskRows } from '#src/evaluation/tasks/task-rows.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { printable } from './printable.ts';
import { renderTable } from './render-table.ts';
import type { Style } from './terminal.ts';

export function renderRun(run: Run, style: Style): string {
  const { conditions } = run;
  const about = [
    `context ${conditions.contextSize}`,
    `${conditions.backend} (${conditions.cpuVariant})`,
    `llama.cpp ${conditions.llamaRelease}`,
    ...(conditions.referenceBytes === undefined || conditions.referenceShare === undefined
      ? ['both models side by side']
      : [
          `reference kept in ${formatBytes(conditions.referenceBytes)}, ${(100 * conditions.referenceShare).toFixed(2)} % of llama.cpp's logits file`,
        ]),
  ];
  const tables = run.texts.map((text) => {
    const heading = `${printable(text.title)} (${formatCount(text.chunks)} chunks, ${formatCount(text.scoredTokens)} scored tokens)`;
    const measured = run.measurements.filter((measurement) => measurement.text === text.id);
    return `\n${style.bold(heading)}\n${renderMeasurements(run, measured)}`;
  });
  return `${style.bold(printable(run.title))}\n${about.join(', ')}\n${tables.join('')}${renderTasks(run, style)}`;
}

function renderTasks(run: Run, style: Style): string {
  const rows = taskRows(run);
  const titles = [...new Set(rows.map(({ result }) => result.title))];
  const columns = [
    { title: 'file' },
    { title: 'right', align: 'right' as const },
    { title: 'score (95 % interval)', align: 'right' as const },
    { title: 'against unquantized' },
  ];
  return titles
    .map((title) => {
      const lines = rows
        .filter(({ result }) => result.title === title)
        .map((row) => [
          printable(row.isReference ? `${row.label} (unquantized)` : row.label),
          `${row.result.right} of ${row.result.asked}`,
          scoreText(row),
          comparisonText(row) ?? '',
        ]);
      return `\n${style.bold(printable(title))}\n${renderTable(columns, lines)}`;
    })
    .join('');
}

function renderMeasurements(run: Run, measurements: readonly Measurement[]): string {
  const rows = measurements.map((measurement) => {
    const subject = run.subjects.find(({ id }) => id === measurement.subject);
    const { kld, sameTop, ppl, pplRatio } = measurement;
    return [
      printable(subject?.label ?? measurement.subject),
      formatBytes(subject?.bytes ?? 0),
      (subject?.bitsPerWeight ?? 0).toFixed(2),
      plusMinus(kld.mean, 6),
      ...(run.conditions.mode === 'full' ? [] : [kld.samplingError.toFixed(6)]),
      (kld.percentiles['99'] ?? 0).toFixed(6),
      `${(100 * sameTop.value).toFixed(2)} %`,
      plusMinus(ppl, 4),
      plusMinus(pplRatio, 5),
    ];
  });
  const number = (name: string) => ({ title: name, align: 'right' as const });
  const columns = [
    { title: 'file' },
    number('size'),
    number('bpw'),
    number('mean KLD'),
    ...(run.conditions.mode === 'full' ? [] : [number('sampling')]),
    number('99 %'),
    number('same top'),
    number('PPL'),
    number('PPL ratio'),
  ];
  return renderTable(columns, rows);
}

function plusMinus({ value, error }: { value: number; error: number }, digits: number): string {
  return `${value.toFixed(digits)} ± ${error.toFixed(digits)}`;
}
