// The figures of emotions and of requests for two things as Markdown, for docs/routing.md.
import type { EmotionEvaluation, Share } from './evaluate-emotions.ts';
import type { IntentEvaluation } from './evaluate-intents.ts';

/** Shares with intervals, then the confusion matrix. */
export function emotionMarkdown(evaluation: EmotionEvaluation): string {
  const { labels, confusion, accuracy, seen, right } = evaluation;
  return [
    ...sharesTable([
      ['right label of five', accuracy],
      ['feelings that were seen as what they are', seen],
      ['detected feelings that were there', right],
    ]),
    '',
    'Rows: what a reader sees. Columns: what the lexicon detects.',
    '',
    `| | ${labels.join(' | ')} |`,
    `|---|${labels.map(() => '---:').join('|')}|`,
    ...confusion.map((row, index) => {
      const cells = row.map((count) => (count === 0 ? '' : String(count)));
      return `| ${labels[index] ?? ''} | ${cells.join(' | ')} |`;
    }),
    '',
  ].join('\n');
}

export function intentMarkdown(columns: Readonly<Record<string, IntentEvaluation>>): string {
  return Object.entries(columns)
    .flatMap(([name, { answered, bothNamed, strayNamed, leftWhole, routed }]) => [
      ...(Object.keys(columns).length > 1 ? [`${name}:`, ''] : []),
      ...sharesTable([
        ['two things: one of both routes answers', answered],
        ['two things: both routes are named', bothNamed],
        ['two things: a route is named that was not asked for', strayNamed],
        ['one thing that looks like two: nothing else is named', leftWhole],
        ['one thing that looks like two: its route answers', routed],
      ]),
      '',
    ])
    .join('\n');
}

function sharesTable(rows: readonly (readonly [string, Share])[]): string[] {
  const percent = (share: number) => (share * 100).toFixed(1);
  return [
    '| figure | of | value | 95 % interval |',
    '|---|---:|---:|---:|',
    ...rows.map(
      ([name, { hits, count, value, low, high }]) =>
        `| ${name} | ${hits} of ${count} | ${percent(value)} % | ${percent(low)} to ${percent(high)} % |`,
    ),
  ];
}
