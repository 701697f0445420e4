// A router's figures as Markdown: for the docs, and for whoever sends them on.
import type { RoutingEvaluation } from '#src/contract/routing/evaluation.ts';

/** A table of figures, one of routes, the confusion matrix, and the curve of coverage. */
export function evaluationMarkdown(evaluation: RoutingEvaluation): string {
  return [
    `## ${evaluation.classifier}`,
    '',
    ...figures(evaluation),
    '',
    ...routesTable(evaluation),
    '',
    'Rows: where prompts belong. Columns: where they went.',
    '',
    ...matrix(evaluation),
    '',
    'At one threshold for all routes:',
    '',
    ...curve(evaluation),
    '',
  ].join('\n');
}

function figures({
  accuracy,
  accuracyWhenRouted,
  offTopicAbstained,
  macroF1,
  calibration,
}: RoutingEvaluation): string[] {
  return [
    '| figure | value | 95 % interval |',
    '|---|---:|---:|',
    `| accuracy, an abstention being wrong | ${percent(accuracy.value)} | ${range(accuracy)} |`,
    `| accuracy of what a route took | ${percent(accuracyWhenRouted.value)} | ${range(accuracyWhenRouted)} |`,
    `| off-topic prompts left to the fallback | ${percent(offTopicAbstained.value)} | ${range(offTopicAbstained)} |`,
    `| macro F1 | ${macroF1.toFixed(3)} | |`,
    `| expected calibration error | ${calibration.error.toFixed(3)} | |`,
  ];
}

function routesTable({ perRoute }: RoutingEvaluation): string[] {
  return [
    '| route | trained on | asked | precision | recall | F1 | threshold |',
    '|---|---:|---:|---:|---:|---:|---:|',
    ...perRoute.map(
      ({ route, train, test, precision, recall, f1, threshold }) =>
        `| ${cell(route)} | ${train} | ${test} | ${precision.toFixed(2)} | ${recall.toFixed(2)} | ${f1.toFixed(2)} | ${threshold.toFixed(2)} |`,
    ),
  ];
}

function matrix({ routes, confusion }: RoutingEvaluation): string[] {
  const names = [...routes.map(cell), 'none of these'];
  return [
    `| | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---:').join('|')}|`,
    ...confusion.map(
      (row, index) =>
        `| ${names[index] ?? ''} | ${row.map((count) => (count === 0 ? '' : String(count))).join(' | ')} |`,
    ),
  ];
}

function curve({ coverage }: RoutingEvaluation): string[] {
  return [
    '| threshold | prompts taken | right among them | off-topic left alone |',
    '|---:|---:|---:|---:|',
    ...coverage
      .filter((_, index) => index % 2 === 0)
      .map(
        ({ threshold, coverage: taken, accuracy, offTopicAbstained }) =>
          `| ${threshold.toFixed(2)} | ${percent(taken)} | ${percent(accuracy)} | ${percent(offTopicAbstained)} |`,
      ),
  ];
}

/** Names come from files: nothing of them is markup. */
function cell(text: string): string {
  return text.replaceAll(/[\\|`*_<>[\]\r\n]/g, (character) =>
    /[\r\n]/.test(character) ? ' ' : `\\${character}`,
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function range({ low, high }: { low: number; high: number }): string {
  return `${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)} %`;
}
