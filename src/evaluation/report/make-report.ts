// A run as a report in one of three forms: HTML to look at, Markdown to paste, JSON to compute with.
import type { Ranking } from '#src/contract/quality/ranking.ts';
import type { Run } from '#src/contract/quality/run.ts';
import { htmlReport } from './html-report.ts';
import { markdownReport } from './markdown-report.ts';

export const reportFormats = ['html', 'markdown', 'json'] as const;
export type ReportFormat = (typeof reportFormats)[number];

export interface Report {
  /** A file name of plain letters. */
  readonly suggestedName: string;
  readonly text: string;
}

const extensions: Readonly<Record<ReportFormat, string>> = {
  html: 'html',
  markdown: 'md',
  json: 'json',
};

/** `ranking` is rankRun(run): who has it need not compute it twice. */
export function makeReport(run: Run, ranking: Ranking, format: ReportFormat): Report {
  const name = run.title
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 80);
  return {
    suggestedName: `${name === '' ? 'report' : name}.${extensions[format]}`,
    text: textOf(run, ranking, format),
  };
}

function textOf(run: Run, ranking: Ranking, format: ReportFormat): string {
  switch (format) {
    case 'html':
      return htmlReport(run, ranking);
    case 'markdown':
      return markdownReport(run, ranking);
    case 'json':
      return `${JSON.stringify({ run, ranking }, undefined, 2)}\n`;
  }
}
