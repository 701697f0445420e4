// The result of a build: one line per file, then the manifests and the time.
import type { MeasuredNode } from '#src/contract/measured-node.ts';
import type { JobResult } from '#src/contract/jobs.ts';
import { formatBytes, formatCount, formatDuration } from '#src/text/format-number.ts';
import { printable } from './printable.ts';
import { renderTable } from './render-table.ts';

/** The figures that decide; the run has all others. */
function renderMeasured({ node, reused, path, figures }: MeasuredNode): string {
  const rows = figures.map(({ subject, text, kld, sameTop, passed }) => [
    printable(subject),
    printable(text),
    `${kld.value.toFixed(5)} ± ${kld.error.toFixed(5)}`,
    `${(sameTop.value * 100).toFixed(2)} %`,
    passed === undefined ? '' : passed ? 'passed' : 'failed',
  ]);
  const columns = [
    { title: 'measured' },
    { title: 'text' },
    { title: 'mean KLD', align: 'right' as const },
    { title: 'same top', align: 'right' as const },
    { title: '' },
  ];
  const how = reused ? 'measured before' : 'measured';
  return `\n${renderTable(columns, rows)}${printable(node)} ${how}: ${printable(path)}\n`;
}

export function renderBuild(result: JobResult): string {
  const rows = result.files.map((file) => [
    file.domain ?? '',
    file.form ?? '',
    file.level,
    formatCount(file.bytes),
    formatBytes(file.bytes),
    file.bitsPerWeight.toFixed(2),
    file.reused ? 'unchanged' : 'built',
    printable(file.path),
  ]);
  const columns = [
    { title: 'domain' },
    { title: 'form' },
    { title: 'level' },
    { title: 'bytes', align: 'right' as const },
    { title: 'size', align: 'right' as const },
    { title: 'bpw', align: 'right' as const },
    { title: '' },
    { title: 'file' },
  ];
  const manifests = result.manifests.map(
    ({ path, reused }) => `manifest ${reused ? 'unchanged' : 'written'}: ${printable(path)}\n`,
  );
  const measured = (result.measured ?? []).map(renderMeasured);
  return `${renderTable(columns, rows)}${manifests.join('')}${measured.join('')}${formatDuration(result.seconds)}\n`;
}
