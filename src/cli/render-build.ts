// The result of a build: one line per file, then the manifests and the time.
import type { JobResult } from '#src/contract/jobs.ts';
import { formatBytes, formatCount, formatDuration } from '#src/text/format-number.ts';
import { printable } from './printable.ts';
import { renderTable } from './render-table.ts';

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
  return `${renderTable(columns, rows)}${manifests.join('')}${formatDuration(result.seconds)}\n`;
}
