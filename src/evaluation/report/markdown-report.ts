// A run as Markdown that can be pasted into a model card: a table with every error, the conditions in one line, remarks.
import type { Ranking } from '#src/contract/quality/ranking.ts';
import type { Run } from '#src/contract/quality/run.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { comparisonText, scoreText, taskRows } from '../tasks/task-rows.ts';
import { allocationFacts, typeShares } from './allocation-facts.ts';
import { conditionsLine } from './conditions.ts';
import { plusMinus, rateText, secondsText, significant, timingText } from './figure-text.ts';
import { plainText } from './markup.ts';
import { reportRows, type ReportRow } from './report-rows.ts';

export function markdownReport(run: Run, ranking: Ranking): string {
  const labelOf = (id: string) => run.subjects.find((one) => one.id === id)?.label ?? id;
  const rows = reportRows(run, ranking);
  const sections = [
    `### ${escapeMarkdown(run.title)}`,
    qualityTable(run, rows),
    `${escapeMarkdown(conditionsLine(run))} KLD in nats; ± is the standard error over scored tokens${run.texts.length > 1 ? ', each text weighing the same' : ''}.${samplingWords(run, rows)}`,
    allocationText(run),
    speedTable(rows),
    taskTable(run),
    list(
      'What to use',
      ranking.recommendations.map(({ purpose, subject, reason }) => {
        const name = subject === undefined ? '' : ` ${escapeMarkdown(labelOf(subject))}.`;
        return `**${escapeMarkdown(capitalized(purpose))}:**${name} ${escapeMarkdown(reason)}`;
      }),
    ),
    list('Remarks', [...ranking.remarks, ...run.notices].map(escapeMarkdown)),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

function qualityTable(run: Run, rows: readonly ReportRow[]): string {
  if (rows.length === 0) return 'Nothing was measured.';
  const perText = run.texts.length > 1 ? run.texts : [];
  const header = [
    'File',
    'Size',
    'bpw',
    'Mean KLD',
    'KLD 99 %',
    'Same top, %',
    'PPL ratio',
    ...perText.map(({ title }) => `KLD ${title}`),
  ];
  const lines = rows.map(({ subject, ranked, kld99, sameTop, pplRatio }) => [
    subject.label,
    formatBytes(subject.bytes),
    subject.bitsPerWeight.toFixed(2),
    plusMinus(ranked.kld),
    kld99 === undefined ? '' : significant(kld99),
    plusMinus(sameTop, 100),
    plusMinus(pplRatio),
    ...perText.map(({ id }) => {
      const one = run.measurements.find((each) => each.subject === subject.id && each.text === id);
      return one === undefined ? '' : plusMinus(one.kld.mean);
    }),
  ]);
  return table(header, lines);
}

/** The verdict on a hybrid, what was asked, and its types. */
function allocationText({ allocation }: Run): string {
  if (allocation === undefined) return '';
  const facts = allocationFacts(allocation).map(([name, value]) => `${name}: ${value}`);
  const types = typeShares(allocation).map(
    ({ type, tensors, bytes }) => `${type} in ${tensors} (${formatBytes(bytes)})`,
  );
  const items = [...facts, `Tensors: ${types.join(', ')}`].map(escapeMarkdown);
  return `${escapeMarkdown(allocation.reason)}\n\n${list('Hybrid', items)}`;
}

function samplingWords(run: Run, rows: readonly ReportRow[]): string {
  if (run.conditions.mode === 'full' || rows.length === 0) return '';
  const largest = Math.max(...rows.map(({ samplingError }) => samplingError));
  return ` The reference's sampled tail adds at most ± ${significant(largest)}.`;
}

function speedTable(rows: readonly ReportRow[]): string {
  const timed = rows.flatMap(({ subject, speed }) =>
    speed === undefined ? [] : [{ subject, speed }],
  );
  const [first] = timed;
  if (first === undefined) return '';
  const { promptTokens, generatedTokens, device, runs } = first.speed;
  const header = [
    'File',
    'Load',
    `Prompt (${promptTokens}), tokens/s`,
    `Generation (${generatedTokens}), tokens/s`,
    'First token',
    'Peak RAM',
    ...(timed.some(({ speed }) => speed.peakVramBytes !== undefined) ? ['Peak VRAM'] : []),
  ];
  const lines = timed.map(({ subject, speed }) => [
    subject.label,
    timingText(speed.loadSeconds, secondsText),
    timingText(speed.promptTokensPerSecond, rateText),
    timingText(speed.generationTokensPerSecond, rateText),
    timingText(speed.firstTokenSeconds, secondsText),
    formatBytes(speed.peakRamBytes),
    ...(speed.peakVramBytes === undefined ? [] : [formatBytes(speed.peakVramBytes)]),
  ]);
  const note = `Median of ${runs} ${runs === 1 ? 'run' : 'runs'} (lowest to highest) on ${device}.`;
  return `${table(header, lines)}\n\n${escapeMarkdown(note)}`;
}

function taskTable(run: Run): string {
  const rows = taskRows(run);
  if (rows.length === 0) return '';
  const hasReference = rows.some(({ isReference }) => isReference);
  const lines = rows.map((row) => [
    row.isReference ? `${row.label} (unquantized)` : row.label,
    row.result.title,
    `${row.result.right} of ${row.result.asked}`,
    scoreText(row),
    ...(hasReference ? [comparisonText(row) ?? ''] : []),
  ]);
  const header = ['File', 'Tasks', 'Right', 'Score (95 % interval)'];
  return table([...header, ...(hasReference ? ['Against unquantized'] : [])], lines);
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `**${title}**\n\n${items.map((item) => `- ${item}`).join('\n')}`;
}

/** The first column to the left, figures to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  const rule = `|${header.map((_, index) => (index === 0 ? '---' : '---:')).join('|')}|`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

/**
 * Text that stays text in Markdown, tables included. Names as they usually are (`Q4_K_M`, `model.v2-Q8_0 (merged)`) stay
 * readable in the source.
 */
export function escapeMarkdown(text: string): string {
  const line = plainText(text.replace(/\s+/g, ' ')).trim();
  return line
    .replace(/[\\`*{}[\]<>|~&@]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/^(#{1,6}|[-+]|\d+[.)])(?=\s|$)/, '\\$1')
    .replace(/\b(https?|ftp)(?=:)/gi, '$1\\')
    .replace(/\bwww(?=\.)/gi, 'www\\');
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
