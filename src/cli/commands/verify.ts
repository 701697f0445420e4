// `verify`: what is wrong with a package, as a table; the exit code says whether anything is.
import type { PackageCheck, Verification } from '#src/contract/packaging.ts';
import { verifyDescriptor } from '#src/stages/package/descriptor.ts';
import { formatBytes, formatCount, formatDuration } from '#src/text/format-number.ts';
import { defineCommand } from '../command.ts';
import { printable } from '../printable.ts';
import { recordVerification } from '../record-command.ts';
import { renderTable } from '../render-table.ts';
import type { Style } from '../terminal.ts';

export const verifyCommand = defineCommand(
  verifyDescriptor,
  async ({ options, positionals: [path = ''] }, context) => {
    const { verification, failure } = await recordVerification(context, {
      path: context.resolvePath(path),
      updateChecksums: options['update-checksums'] ?? false,
    });
    const text = renderVerification(verification, context.style, options.all ?? false);
    return { result: verification, text, ...(failure === undefined ? {} : { failure }) };
  },
);

export function renderVerification(
  { path, passed, checks, files, bytes, seconds }: Verification,
  style: Style,
  all: boolean,
): string {
  const shown = all ? checks : checks.filter(({ status }) => status !== 'passed');
  const mark = { passed: style.green('pass'), failed: style.red('FAIL'), warning: style.yellow('note') }; // prettier-ignore
  const rows = [
    ...shown.map(({ status, subject, check, message }) => [
      mark[status],
      check,
      printable(subject),
      printable(message),
    ]),
    ...(all ? [] : summaries(checks).map(([check, count]) => [mark.passed, check, `${formatCount(count)} passed`, ''])), // prettier-ignore
  ];
  const columns = [{ title: '' }, { title: 'check' }, { title: 'what' }, { title: '' }];
  const verdict = passed ? style.green('whole') : style.red('NOT whole');
  return `${renderTable(columns, rows)}${printable(path)}: ${verdict}, ${formatCount(files)} ${files === 1 ? 'file' : 'files'}, ${formatBytes(bytes)} read in ${formatDuration(seconds)}\n`;
}

/** How many of each kind passed. */
function summaries(checks: readonly PackageCheck[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { check, status } of checks) {
    if (status === 'passed') counts.set(check, (counts.get(check) ?? 0) + 1);
  }
  return [...counts];
}
