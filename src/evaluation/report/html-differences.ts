// Each file against the next smaller one: what the bytes between them buy, or that the measurement cannot tell.
import type { Comparison, Ranking } from '#src/contract/quality/ranking.ts';
import type { Run } from '#src/contract/quality/run.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { intervalText, significant } from './figure-text.ts';
import { htmlFootnote, htmlTable } from './html-table.ts';
import { html, type Markup } from './markup.ts';

export interface Neighbours {
  readonly smaller: string;
  readonly larger: string;
  /** Of `smaller` against `larger`. */
  readonly comparison: Comparison;
}

/** Pairs that stand side by side when subjects with the same reference are ordered by size. */
export function neighbours(run: Run, ranking: Ranking): Neighbours[] {
  const found: Neighbours[] = [];
  for (const reference of run.references) {
    const ids = ranking.subjects
      .map(({ subject }) => subject)
      .filter((id) => run.referenceOf[id] === reference.id);
    for (const [index, larger] of ids.slice(1).entries()) {
      const smaller = ids[index]!;
      const comparison = ranking.comparisons.find(
        (one) => one.left === smaller && one.right === larger,
      );
      if (comparison !== undefined) found.push({ smaller, larger, comparison });
    }
  }
  return found;
}

/** In words, of the smaller one. */
export const verdictWords = {
  closer: 'the smaller is closer',
  farther: 'the larger is closer',
  'no difference': 'no difference',
} as const;

export function htmlDifferences(run: Run, ranking: Ranking): Markup | undefined {
  const pairs = neighbours(run, ranking);
  if (pairs.length === 0) return undefined;
  const subjectOf = (id: string) => run.subjects.find((one) => one.id === id);
  const rows = pairs.map(({ smaller, larger, comparison }) => {
    const [left, right] = [subjectOf(smaller), subjectOf(larger)];
    const more = (right?.bytes ?? 0) - (left?.bytes ?? 0);
    const interval = intervalText(comparison.interval) ?? 'one chunk tells no interval';
    return html`<tr>
      <th scope="row">${left?.label ?? smaller}</th>
      <td class="left">${right?.label ?? larger}</td>
      <td>+${formatBytes(more)}</td>
      <td>${significant(comparison.difference)}</td>
      <td>${interval}</td>
      <td class="words">${verdictWords[comparison.verdict]}</td>
    </tr> `;
  });
  const head = html`<tr>
    <th>File</th>
    <th class="left">Next larger</th>
    <th>Bytes more</th>
    <th>KLD less</th>
    <th>95 % interval</th>
    <th class="left">Verdict</th>
  </tr>`;
  return html`${htmlTable(head, rows)}
  ${htmlFootnote('Paired over the same chunks. "No difference" where the interval holds zero.')}`;
}
