// An importance matrix as a table: one line per tensor, with llama-imatrix's statistics.
import type { ImatrixResult, ImatrixTensor } from '#src/contract/quality/imatrix.ts';
import { formatBytes, formatCount, formatDuration } from '#src/text/format-number.ts';
import { printable } from './printable.ts';
import { renderFacts, renderTable } from './render-table.ts';

const right = (title: string) => ({ title, align: 'right' as const });
const percent = (share: number) => `${(100 * share).toFixed(2)}%`;
/** Means of squares span many powers of ten. */
const number = (value: number) => (value === 0 ? '0' : value.toPrecision(4));

export function renderImatrix(
  matrix: Omit<ImatrixResult, 'seconds'> & { seconds?: number },
): string {
  const { path, bytes, chunks, contextSize, datasets, tensors, seconds } = matrix;
  const columns = [
    { title: 'tensor' }, right('columns'), right('tokens'), right('Σ x²'), right('min'),
    right('max'), right('mean'), right('σ'), right('active'), right('entropy'), right('ZD'),
    right('CosSim'), right('zero'), right('unused'),
  ]; // prettier-ignore
  const facts: (readonly [string, string])[] = [
    ['file', `${printable(path)} (${formatBytes(bytes)})`],
    ['chunks', contextSize > 0 ? `${chunks} of ${contextSize} tokens` : String(chunks)],
    ['texts', printable(datasets.join(', '))],
    ...(seconds === undefined ? [] : [['time', formatDuration(seconds)] as const]),
  ];
  return `${renderTable(columns, tensors.map(rowOf))}\n${renderFacts(facts)}`;
}

function rowOf(tensor: ImatrixTensor): string[] {
  const { columns, matrices, zeroColumns, unusedMatrices, previousCosine } = tensor;
  return [
    printable(tensor.name),
    matrices === 1 ? formatCount(columns) : `${formatCount(columns)} × ${matrices}`,
    formatCount(tensor.count),
    number(tensor.total),
    number(tensor.minimum),
    number(tensor.maximum),
    number(tensor.mean),
    number(tensor.standardDeviation),
    percent(tensor.active),
    percent(tensor.entropy),
    percent(tensor.aboveDeviation),
    previousCosine === undefined ? '' : previousCosine.toFixed(4),
    zeroColumns === 0 ? '' : formatCount(zeroColumns),
    unusedMatrices === 0 ? '' : `${unusedMatrices} of ${matrices}`,
  ];
}
