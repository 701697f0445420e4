// `validate`: every file is checked, and the worst result decides the exit code.
import type { ValidationReport } from '#src/contract/validation.ts';
import { validateDescriptor } from '#src/stages/validate/descriptor.ts';
import { defineCommand } from '../command.ts';
import { formatBytes, formatDuration } from '#src/text/format-number.ts';
import { recordValidation } from '../record-command.ts';
import { printable } from '../printable.ts';
import { renderTable } from '../render-table.ts';
import type { Style } from '../terminal.ts';

export const validateCommand = defineCommand(
  validateDescriptor,
  async ({ options, positionals }, context) => {
    const { reports, failure } = await recordValidation(
      context,
      {
        paths: positionals.map((positional) => context.resolvePath(positional)),
        depth: options.structure === true ? 'structure' : 'full',
        ...(options.threads === undefined ? {} : { threads: options.threads }),
      },
      (report) => context.print(renderReport(report, context.style)),
    );
    return { result: { files: reports }, text: '', ...(failure === undefined ? {} : { failure }) };
  },
);

/** The title names the file already. */
function withoutPath(summary: string, path: string): string {
  return summary.startsWith(`${path}: `) ? summary.slice(path.length + 2) : summary;
}

export function renderReport(report: ValidationReport, style: Style): string {
  const mark = {
    passed: style.green('pass'),
    failed: style.red('FAIL'),
    skipped: style.dim('skip'),
  };
  const rows = report.checks.map((check) => [
    `  ${mark[check.status]}`,
    check.check,
    printable(withoutPath(check.summary, report.path)),
    check.seconds >= 0.05 ? formatDuration(check.seconds) : '',
  ]);
  const columns = [{ title: '' }, { title: '' }, { title: '' }, { title: '' }];
  const table = renderTable(columns, rows).replace(/^\n/, '');
  // Of a file that could not be read the size is not known.
  const isRead = !report.checks.some(({ evidence }) => String(evidence['code']).startsWith('io/'));
  const size = isRead ? ` (${formatBytes(report.bytes)})` : '';
  const title = `${report.path}${size}: ${report.passed ? 'valid' : 'NOT valid'}\n`;
  return `${style.bold(title.trimEnd())}\n${table}`;
}
