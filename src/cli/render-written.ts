// The result of a command that wrote files: one line per file.
import type { Written } from '#src/contract/outputs.ts';
import { formatBytes, formatCount, formatDuration } from '#src/text/format-number.ts';
import { printable } from './printable.ts';
import { renderTable } from './render-table.ts';

export function renderWritten(written: Written): string {
  const rows = written.outputs.map((output) => [
    output.label,
    formatCount(output.bytes),
    formatBytes(output.bytes),
    output.bitsPerWeight.toFixed(2),
    printable(output.path ?? ''),
    remarks(output),
  ]);
  const columns = [
    { title: 'type' },
    { title: 'bytes', align: 'right' as const },
    { title: 'size', align: 'right' as const },
    { title: 'bpw', align: 'right' as const },
    { title: 'file' },
    { title: '' },
  ];
  return `${renderTable(columns, rows)}${formatDuration(written.seconds)}\n`;
}

/** A file that fails its validation gets no name, so one that is listed here passed it. */
function remarks({ reusedTensors = 0, validation }: Written['outputs'][number]): string {
  return [
    ...(validation === undefined ? [] : ['validated']),
    ...(reusedTensors === 0 ? [] : [`${reusedTensors} tensors taken over from an interrupted run`]),
  ].join(', ');
}

/** What a dry run found: every tensor's type, then the sizes. */
export function renderPlanned(written: Written): string {
  const [first] = written.outputs;
  const columns = [
    { title: 'tensor' },
    { title: 'shape' },
    { title: 'from' },
    ...written.outputs.map(({ label }) => ({ title: label })),
  ];
  const rows = (first?.tensors ?? []).map((tensor, index) => [
    printable(tensor.name),
    `[${tensor.shape.join(', ')}]`,
    tensor.from,
    ...written.outputs.map(({ tensors }) => tensors?.[index]?.type ?? ''),
  ]);
  const sizes = written.outputs.map(
    ({ label, bytes, bitsPerWeight }) =>
      `${label}: ${formatCount(bytes)} bytes (${formatBytes(bytes)}), ${bitsPerWeight.toFixed(2)} bits per weight\n`,
  );
  const { estimatedSeconds } = written;
  const time =
    estimatedSeconds === undefined
      ? ''
      : `Writing takes about ${formatDuration(estimatedSeconds)} on this machine.\n`;
  return `${renderTable(columns, rows)}\n${sizes.join('')}${time}`;
}
