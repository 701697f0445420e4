// The steps that bring damaged tensors back, or say that nothing does.
import type { Finding } from '#src/contract/doctor/finding.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import {
  mostChanges,
  type Means,
  type PlannedStep,
  type RowRange,
  type TensorWay,
} from './means.ts';

/** As many damaged tensors have a step each; more are one step for each place that they come from. */
const fewTensors = 12;
interface Damaged {
  rows: RowRange[] | undefined;
  readonly findings: string[];
}

/** Tensors of one cause that come back from one place are one step. */
export function tensorSteps(findings: readonly Finding[], means: Means): PlannedStep[] {
  const damaged = new Map<string, Damaged>();
  for (const { id, fix, area } of findings) {
    if (fix?.kind !== 'recover-tensors') continue;
    for (const { name, rows } of fix.tensors) {
      const known = damaged.get(name);
      // A hash tells that a tensor is damaged, not where: rows that another check found are tried first.
      const isVague = area === 'hashes';
      if (known === undefined) {
        damaged.set(name, { rows: rows === undefined && !isVague ? undefined : rows ? [rows] : [], findings: [id] }); // prettier-ignore
      } else {
        if (!known.findings.includes(id)) known.findings.push(id);
        if (rows !== undefined) known.rows?.push(rows);
        else if (!isVague) known.rows = undefined;
      }
    }
  }
  const groups = new Map<string, { names: string[]; findings: Set<string>; way: TensorWay | string }>(); // prettier-ignore
  const isMany = damaged.size > fewTensors;
  for (const [name, { findings: ids }] of damaged) {
    const way = means.tensor(name);
    const key = JSON.stringify([isMany ? [] : ids, typeof way === 'string' ? way : [way.trust, way.from, way.note]]); // prettier-ignore
    const group = groups.get(key) ?? { names: [], findings: new Set(ids), way };
    groups.set(key, group);
    group.names.push(name);
    for (const id of ids) group.findings.add(id);
  }
  return [...groups.values()].flatMap(({ names, findings: ids, way }) => {
    const rowsOf = (name: string) => mergeRows(damaged.get(name)?.rows);
    return typeof way === 'string'
      ? lostSteps(names, [...ids], way, means)
      : [recoverStep(names, [...ids], way, rowsOf, means)];
  });
}

function recoverStep(
  names: readonly string[],
  findings: readonly string[],
  way: TensorWay,
  rowsOf: (name: string) => readonly RowRange[] | undefined,
  means: Means,
): PlannedStep {
  const [first = ''] = names;
  const what = names.length === 1 ? first : `${formatCount(names.length)} tensors`;
  const after = {
    exact: 'proven by its hash',
    derived: 'derived from the source',
    approximate: 'approximate: another level has lost detail already',
  }[way.trust];
  const tensors = new Map(names.map((name) => [name, rowsOf(name)]));
  return {
    step: {
      id: `recover:${first}`,
      findings: [...findings],
      title: `${way.verb} ${what} again from ${way.from}${way.note === undefined ? '' : `; ${way.note}`}`,
      trust: way.trust,
      chosen: true,
      changes: names.slice(0, mostChanges).map((name) => ({
        what: name,
        before: `damaged${showRows(rowsOf(name))}`,
        after,
      })),
      readBytes: names.reduce((sum, name) => {
        const own = means.tensor(name);
        return typeof own === 'string' ? sum : sum + own.readBytes(rowsOf(name));
      }, 0),
    },
    action: { kind: 'recover', tensors },
  };
}

/** Nothing can bring these back: what is lost is said, and going on without them has to be chosen. */
function lostSteps(
  names: readonly string[],
  findings: readonly string[],
  reason: string,
  { present }: Means,
): PlannedStep[] {
  const [first = ''] = names;
  const what = names.length === 1 ? first : `${formatCount(names.length)} tensors`;
  const gone = names.filter((name) => {
    const bytes = present(name);
    return bytes === undefined || bytes.present < bytes.all;
  });
  const missingBytes = gone.reduce((sum, name) => {
    const bytes = present(name);
    return sum + (bytes === undefined ? 0 : bytes.all - bytes.present);
  }, 0);
  const isGone = gone.length > 0;
  return [
    {
      step: {
        id: `leave:${first}`,
        findings: [...findings],
        title: isGone ? `Go on without ${what}` : `Leave ${what} damaged, as it is`,
        trust: 'lost',
        chosen: false,
        ...(isGone
          ? {
              impossible: `${gone.length === 1 ? first : `${formatCount(gone.length)} tensors`} ${gone.length === 1 ? 'is' : 'are'} not in the file (${formatBytes(missingBytes)} missing), and no model loads without. ${reason}: give a source or another level.`,
            }
          : {}),
        changes: names.slice(0, mostChanges).map((name) => ({
          what: name,
          before: `damaged; ${reason}`,
          after: isGone ? 'missing' : 'still damaged',
        })),
      },
      action: { kind: 'leave', tensors: names },
    },
  ];
}

/** Sorted, joined where they touch; undefined stands for all rows. */
export function mergeRows(rows: readonly RowRange[] | undefined): RowRange[] | undefined {
  if (rows === undefined || rows.length === 0) return undefined;
  const merged: RowRange[] = [];
  for (const { first, count } of [...rows].sort((left, right) => left.first - right.first)) {
    const last = merged.at(-1);
    if (last === undefined || first > last.first + last.count) merged.push({ first, count });
    else {
      const end = Math.max(last.first + last.count, first + count);
      merged[merged.length - 1] = { first: last.first, count: end - last.first };
    }
  }
  return merged;
}

function showRows(rows: readonly RowRange[] | undefined): string {
  if (rows === undefined) return '';
  const [first] = rows;
  const count = rows.reduce((sum, each) => sum + each.count, 0);
  return first !== undefined && count === 1 ? ` (row ${first.first})` : ` (${formatCount(count)} rows)`; // prettier-ignore
}
