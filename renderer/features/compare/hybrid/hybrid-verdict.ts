// A proven hybrid in words and figures: who won by how much, both files side by side, the types of each group. Pure.
import { groupTensors } from '#src/allocation/tensor-groups.ts';
import { formatTensorTypeFile } from '#src/allocation/tensor-type-file.ts';
import type { AllocationOfRun } from '#src/contract/quality/allocate.ts';
import type { Run } from '#src/contract/quality/run.ts';
import { ggmlTypes, isQuantizedType, type GgmlType } from '#src/tensors/ggml-types.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { figureParts, isUnknown, kldText } from '../figure-text.ts';
import type { FigureName, SubjectRow } from '../run-rows.ts';
import type { TableData } from '../table-data.ts';

export interface Contenders {
  readonly hybrid: SubjectRow;
  readonly stock: SubjectRow;
}

/** Undefined where the run does not have both. */
export function contendersOf(
  { hybrid, stock }: AllocationOfRun,
  rows: readonly SubjectRow[],
): Contenders | undefined {
  const ours = rows.find(({ id }) => id === hybrid);
  const theirs = rows.find(({ id }) => id === stock);
  return ours && theirs && { hybrid: ours, stock: theirs };
}

/** `Hybrid wins by 67 % of the KLD`, `Q8_0 kept: no difference`. */
export function verdictText(
  { kept, comparison, budget }: AllocationOfRun,
  { hybrid, stock }: Contenders,
): string {
  const level = stock.label;
  if (kept === 'stock') {
    const why =
      comparison.verdict === 'farther'
        ? 'it is closer'
        : comparison.verdict === 'closer'
          ? 'the hybrid is not smaller, or too little was measured'
          : 'no difference';
    return `${level} kept: ${why}`;
  }
  const bytes = percentOf(stock.bytes - hybrid.bytes, stock.bytes);
  if (budget.kind === 'kld') return `Hybrid wins by ${bytes} of the bytes`;
  const [ours, theirs] = [hybrid.figures.kld?.value, stock.figures.kld?.value];
  if (comparison.verdict !== 'closer' || ours === undefined || theirs === undefined) {
    return 'Hybrid kept: no level is small enough';
  }
  return `Hybrid wins by ${percentOf(theirs - ours, theirs)} of the KLD`;
}

function percentOf(part: number, whole: number): string {
  const share = whole === 0 ? 0 : (100 * part) / whole;
  return `${share.toFixed(Math.abs(share) < 10 ? 1 : 0)} %`;
}

export interface VerdictRow {
  readonly name: string;
  readonly hybrid: string;
  readonly stock: string;
  readonly difference: string;
}

/** Both files figure by figure; the difference of the KLD is the paired one. */
export function verdictRows(
  { comparison }: AllocationOfRun,
  { hybrid, stock }: Contenders,
): VerdictRow[] {
  const figure = (name: FigureName, title: string): VerdictRow[] => {
    const [ours, theirs] = [hybrid.figures[name], stock.figures[name]];
    if (ours === undefined || theirs === undefined) return [];
    const text = (parts: { value: string; error?: string }) =>
      parts.error === undefined ? parts.value : `${parts.value} ± ${parts.error}`;
    return [
      {
        name: title,
        hybrid: text(figureParts(name, ours)),
        stock: text(figureParts(name, theirs)),
        difference:
          name === 'kld'
            ? signed(comparison.difference, kldText)
            : name === 'sameTop'
              ? signed(100 * (ours.value - theirs.value), (value) => `${value.toFixed(1)} points`)
              : signed(ours.value - theirs.value, (value) => value.toFixed(4)),
      },
    ];
  };
  return [
    {
      name: 'Size',
      hybrid: `${formatBytes(hybrid.bytes)} (${formatCount(hybrid.bytes)} bytes)`,
      stock: `${formatBytes(stock.bytes)} (${formatCount(stock.bytes)} bytes)`,
      difference: signed(hybrid.bytes - stock.bytes, (value) => `${formatCount(value)} bytes`),
    },
    {
      name: 'Bits per weight',
      hybrid: hybrid.bitsPerWeight.toFixed(3),
      stock: stock.bitsPerWeight.toFixed(3),
      difference: signed(hybrid.bitsPerWeight - stock.bitsPerWeight, (value) => value.toFixed(3)),
    },
    ...figure('kld', 'Mean KLD'),
    ...figure('sameTop', 'Same top, %'),
    ...figure('pplRatio', 'PPL ratio'),
  ];
}

function signed(value: number, write: (size: number) => string): string {
  if (value === 0) return '0';
  return `${value < 0 ? '−' : '+'}${write(Math.abs(value))}`;
}

/** `−0.0225 (95 %: −0.0231 to −0.0220)`; without an interval where one chunk tells none. */
export function pairedText({ difference, interval }: AllocationOfRun['comparison']): string {
  const text = signed(difference, kldText);
  if (isUnknown(interval.low) || isUnknown(interval.high))
    return `${text} (no interval: one chunk)`;
  return `${text} (95 %: ${signed(interval.low, kldText)} to ${signed(interval.high, kldText)})`;
}

export function budgetText({ budget }: AllocationOfRun): string {
  switch (budget.kind) {
    case 'level':
      return `the size of ${budget.level}`;
    case 'bytes':
      return `${formatBytes(budget.bytes)} (${formatCount(budget.bytes)} bytes)`;
    case 'kld':
      return `mean KLD at most ${budget.kld}`;
  }
}

/** The groups that were judged together, with the types that they got and what that was predicted to cost. */
export function groupTable({ tensors, groups }: AllocationOfRun): TableData {
  const groupOf = groupTensors(tensors.map(({ name }) => name));
  return {
    columns: [
      { name: 'Group', numeric: false, wide: true },
      { name: 'Types', numeric: false, wide: true },
      { name: 'Tensors', numeric: true },
      { name: 'Size', numeric: true },
      { name: 'Probe KLD', numeric: true },
      { name: 'Predicted KLD', numeric: true },
    ],
    rows: groups.map(({ group, tensors: count, probeKld }) => {
      const members = tensors.filter(({ name }) => groupOf.get(name) === group);
      const bytes = members.reduce((sum, tensor) => sum + tensor.bytes, 0);
      const damage = members.reduce((sum, tensor) => sum + tensor.damage, 0);
      return [
        group,
        typesOf(members.map(({ type }) => type)),
        count,
        { value: bytes, text: formatBytes(bytes) },
        probeKld === undefined ? undefined : { value: probeKld, text: kldText(probeKld) },
        { value: damage, text: kldText(damage) },
      ];
    }),
  };
}

function typesOf(types: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts]
    .sort(([, left], [, right]) => right - left)
    .map(([type, count]) => (count === 1 ? type : `${type} ×${count}`))
    .join(', ');
}

/** What llama-quantize's --tensor-type-file reads; undefined for a subject whose types the run does not have. */
export function tensorTypeText(run: Run, subject: string): string | undefined {
  const found = run.tensors.find((each) => each.subject === subject);
  if (found === undefined) return undefined;
  const chosen = found.tensors.flatMap(({ name, type }) =>
    isKnownType(type) && isQuantizedType(type) ? [{ name, type }] : [],
  );
  return formatTensorTypeFile(chosen);
}

function isKnownType(type: string): type is GgmlType {
  return Object.hasOwn(ggmlTypes, type);
}
