// An allocation as a table of groups, what was predicted and measured, and the verdict in a sentence.
import { groupTensors } from '#src/allocation/tensor-groups.ts';
import type { AllocateResult } from '#src/contract/quality/allocate.ts';
import type { Estimate } from '#src/contract/quality/measurements.ts';
import { formatBytes, formatCount, formatDuration } from '#src/text/format-number.ts';
import { printable } from './printable.ts';
import { renderFacts, renderTable } from './render-table.ts';

const right = (title: string) => ({ title, align: 'right' as const });

export function renderAllocation(result: AllocateResult): string {
  const { allocation, stock, hybrid, moves } = result;
  const groups = groupTensors(allocation.tensors.map(({ name }) => name));
  const columns = [
    { title: 'group' }, right('tensors'), { title: 'types' }, right('size'), right('probe KLD'), right('predicted KLD'),
  ]; // prettier-ignore
  const rows = allocation.groups.map(({ group, tensors, probeKld }) => {
    const members = allocation.tensors.filter(({ name }) => groups.get(name) === group);
    return [
      printable(group),
      formatCount(tensors),
      typesOf(members.map(({ type }) => type)),
      formatBytes(members.reduce((sum, { bytes }) => sum + bytes, 0)),
      probeKld === undefined ? '' : small(probeKld),
      small(members.reduce((sum, { damage }) => sum + damage, 0)),
    ];
  });
  const facts: (readonly [string, string])[] = [
    ['predicted KLD', small(allocation.predictedKld)],
    ['hybrid', `${formatCount(hybrid.bytes)} bytes, KLD ${estimate(hybrid.kld)}`],
    [stock.level, `${formatCount(stock.bytes)} bytes, KLD ${estimate(stock.kld)}`],
    ...(moves.tried === 0 ? [] : [['moves', `${moves.kept} of ${moves.tried} kept`] as const]),
    ['written', `${printable(result.path)} (${result.kept === 'hybrid' ? 'hybrid' : stock.level})`],
    ...(result.tensorTypeFile === undefined
      ? []
      : [['types', printable(result.tensorTypeFile)] as const]),
    ['run', printable(result.run.path)],
    ['time', formatDuration(result.seconds)],
  ];
  return `${renderTable(columns, rows)}\n${renderFacts(facts)}\n${printable(result.reason)}\n`;
}

/** `Q4_K ×12, Q6_K ×2`, most frequent first. */
function typesOf(types: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts]
    .sort(([, left], [, right]) => right - left)
    .map(([type, count]) => (count === 1 ? type : `${type} ×${count}`))
    .join(', ');
}

function estimate({ value, error }: Estimate): string {
  return `${small(value)} ± ${small(error)}`;
}

function small(value: number): string {
  return value === 0 ? '0' : value.toPrecision(3);
}
