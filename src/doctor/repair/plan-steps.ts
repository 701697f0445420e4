// From findings to the steps of a repair that a person can read and choose from. Pure: what can be brought back, and from
// where, was found out before.
import type { Finding, Fix } from '#src/contract/doctor/finding.ts';
import type { RepairPlan, RepairStep, Trust } from '#src/contract/doctor/repair.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { editMetadata, type MetadataFix } from './edit-metadata.ts';
import { showScalar, showValue } from './metadata-value.ts';

export interface RowRange {
  readonly first: number;
  readonly count: number;
}

/** The best way to bring a tensor back. */
export interface TensorWay {
  readonly trust: Extract<Trust, 'exact' | 'derived' | 'approximate'>;
  /** File or folder, by its name. */
  readonly from: string;
  /** How it is done, for the title: `Derive`, `Copy`, `Quantize`. */
  readonly verb: string;
  readonly readBytes: (rows: readonly RowRange[] | undefined) => number;
}

/** What a repair has to work with. */
export interface Means {
  readonly metadata: readonly GgufEntry[];
  /** Keys as a file of the same making has them. */
  readonly keyOrder: readonly string[];
  /** The best way, or why there is none. */
  readonly tensor: (name: string) => TensorWay | string;
  /** Bytes of the tensor that the file has, of all; undefined for one that it does not list. */
  readonly present: (
    name: string,
  ) => { readonly present: number; readonly all: number } | undefined;
  /** Where an adapter of the bundle can be taken from, or why it cannot. */
  readonly adapter: (name: string) => { readonly from: string; readonly bytes: number } | string;
  /** Names of the files that are joined to one, in their order; why they cannot be. */
  readonly parts: readonly string[] | string;
  /** Whether the header can be written as the recipe gives it, and why not. */
  readonly header: { readonly from: string } | string;
  /** Records of tensors or entries were lost: the header as it is read is not the whole one. */
  readonly isHeaderBroken: boolean;
}

export type StepAction =
  | { readonly kind: 'metadata'; readonly fix: MetadataFix }
  | {
      readonly kind: 'recover';
      readonly tensors: ReadonlyMap<string, readonly RowRange[] | undefined>;
    }
  /** Damaged tensors stay as they are. */
  | { readonly kind: 'leave'; readonly tensors: readonly string[] }
  | { readonly kind: 'restore-adapter'; readonly name: string }
  | { readonly kind: 'drop-adapter'; readonly name: string }
  | { readonly kind: 'lay-out' }
  | { readonly kind: 'join-parts' }
  | { readonly kind: 'cut-tail' }
  /** The whole header as the recipe gives it. */
  | { readonly kind: 'header' }
  | { readonly kind: 'hashes' };

export interface PlannedStep {
  readonly step: RepairStep;
  readonly action: StepAction;
}

export interface PlannedSteps {
  readonly steps: readonly PlannedStep[];
  readonly left: RepairPlan['left'];
}

/** Shown of long lists. */
const mostChanges = 200;

/** Findings that are put right by writing the header anew from what was read of it. */
const rewritten: readonly Finding['code'][] = [
  'structure/version',
  'structure/counts',
  'structure/metadata-twice',
  'structure/tensor-twice',
];

/** The steps in the order in which they are shown: the header, the layout, tensors, adapters, the tail. */
export function planSteps(findings: readonly Finding[], means: Means): PlannedSteps {
  const steps: PlannedStep[] = [];
  const left: { finding: string; reason: string }[] = [];
  const settled = new Set<string>();
  const add = (step: PlannedStep) => {
    steps.push(step);
    for (const id of step.step.findings) settled.add(id);
  };
  if (means.isHeaderBroken) add(headerStep(findings, means));
  metadataSteps(findings, means, means.isHeaderBroken).forEach(add);
  layoutSteps(findings, means).forEach(add);
  tensorSteps(findings, means).forEach(add);
  adapterSteps(findings, means).forEach(add);
  tailSteps(findings).forEach(add);
  for (const { id, remedy, severity } of findings) {
    if (settled.has(id) || severity === 'info') continue;
    left.push({ finding: id, reason: remedy });
  }
  return { steps: steps.map(lossyOff), left };
}

function lossyOff({ step, action }: PlannedStep): PlannedStep {
  const chosen = step.impossible === undefined && step.trust !== 'lost';
  return { step: { ...step, chosen }, action };
}

/** What only a header that is made again puts right. */
const lostCodes: readonly Finding['code'][] = [
  'structure/metadata-entry',
  'structure/tensor-entry',
  'structure/tensor-type',
  'structure/tensor-shape',
  'structure/header-truncated',
  'structure/offsets',
];

/** True for a finding about a part of the header that reading it does not give back. */
export function tellsLostHeader({ code, fix }: Finding): boolean {
  return fix === undefined && lostCodes.includes(code);
}

function headerStep(findings: readonly Finding[], { header }: Means): PlannedStep {
  const codes: readonly Finding['code'][] = [
    ...lostCodes,
    'structure/counts',
    'structure/alignment',
    'metadata/tensor-missing',
    'split/part-missing',
  ];
  const own = findings.filter(({ code }) => codes.includes(code));
  const possible = typeof header !== 'string';
  return {
    step: {
      id: 'header',
      findings: own.map(({ id }) => id),
      title: possible
        ? `Write the header anew as the file's recipe gives it from ${header.from}`
        : 'Write the header anew',
      trust: possible ? 'exact' : 'lost',
      chosen: possible,
      ...(possible ? {} : { impossible: header }),
      changes: own.map(({ message }) => ({ what: 'header', before: message, after: 'as it was built' })), // prettier-ignore
    },
    action: { kind: 'header' },
  };
}

function metadataSteps(
  findings: readonly Finding[],
  { metadata, keyOrder }: Means,
  isHeaderBroken: boolean,
): PlannedStep[] {
  const byKey = new Map<string, { fix: MetadataFix; findings: string[]; sentences: string[] }>();
  for (const { id, fix, code, message } of findings) {
    if (!isMetadataFix(fix) || rewritten.includes(code)) continue;
    const known = byKey.get(fix.key);
    if (known === undefined) byKey.set(fix.key, { fix, findings: [id], sentences: [message] });
    else {
      known.findings.push(id);
      known.fix = joined(known.fix, fix);
    }
  }
  return [...byKey].map(([key, { fix, findings: ids }]) => {
    const before = metadata.find((entry) => entry.key === key)?.value;
    let impossible: string | undefined;
    let after = 'absent';
    try {
      const edited = editMetadata(metadata, [fix], keyOrder);
      after = showValue(edited.find((entry) => entry.key === key)?.value);
    } catch (error) {
      impossible = (error as Error).message;
    }
    if (isHeaderBroken && fix.kind === 'set-elements') impossible ??= undefined;
    const verb = fix.kind === 'remove-metadata' ? 'Remove' : before === undefined ? 'Add' : 'Set';
    return {
      step: {
        id: `${fix.kind === 'remove-metadata' ? 'remove' : 'set'}:${key}`,
        findings: ids,
        title: `${verb} ${key}`,
        trust: 'edited' as const,
        chosen: true,
        ...(impossible === undefined ? {} : { impossible }),
        changes:
          fix.kind === 'set-elements'
            ? elementChanges(fix, before)
            : [{ what: key, before: showValue(before), after }],
      },
      action: { kind: 'metadata' as const, fix },
    };
  });
}

function elementChanges(
  { key, elements }: Extract<Fix, { kind: 'set-elements' }>,
  before: GgufEntry['value'] | undefined,
): RepairStep['changes'] {
  return elements.slice(0, mostChanges).map(({ index, value }) => ({
    what: `${key}[${index}]`,
    before: before?.type === 'array' ? showScalar(before.value[index] ?? 'absent') : 'absent',
    after: String(value),
  }));
}

/** Two findings about one key: elements add up, of anything else the first counts. */
function joined(first: MetadataFix, second: MetadataFix): MetadataFix {
  if (first.kind !== 'set-elements' || second.kind !== 'set-elements') return first;
  const taken = new Set(first.elements.map(({ index }) => index));
  const more = second.elements.filter(({ index }) => !taken.has(index));
  return { ...first, elements: [...first.elements, ...more] };
}

function layoutSteps(findings: readonly Finding[], { parts }: Means): PlannedStep[] {
  const steps: PlannedStep[] = [];
  const layout = findings.filter(
    ({ fix, code }) => fix?.kind === 'lay-out' || rewritten.includes(code),
  );
  if (layout.length > 0) {
    steps.push({
      step: {
        id: 'layout',
        findings: layout.map(({ id }) => id),
        title: 'Write the header and the tensors anew, each where it belongs',
        trust: 'edited',
        chosen: true,
        changes: layout.map(({ message }) => ({ what: 'layout', before: message, after: 'in order and padded' })), // prettier-ignore
      },
      action: { kind: 'lay-out' },
    });
  }
  const join = findings.filter(({ fix }) => fix?.kind === 'join-parts');
  if (join.length > 0) {
    const names = typeof parts === 'string' ? [] : parts;
    steps.push({
      step: {
        id: 'join',
        findings: join.map(({ id }) => id),
        title: names.length === 0 ? 'Join the parts' : `Join ${names.length} parts to one file`,
        trust: typeof parts === 'string' ? 'lost' : 'edited',
        chosen: true,
        ...(typeof parts === 'string' ? { impossible: parts } : {}),
        changes: names.map((name, index) => ({ what: `part ${index + 1}`, before: name, after: 'in the one file' })), // prettier-ignore
      },
      action: { kind: 'join-parts' },
    });
  }
  return steps;
}

interface Damaged {
  rows: RowRange[] | undefined;
  readonly findings: string[];
}

/** Tensors of one cause that come back from one place are one step. */
function tensorSteps(findings: readonly Finding[], means: Means): PlannedStep[] {
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
  for (const [name, { findings: ids }] of damaged) {
    const way = means.tensor(name);
    const key = JSON.stringify([ids, typeof way === 'string' ? way : [way.trust, way.from]]);
    const group = groups.get(key) ?? { names: [], findings: new Set(ids), way };
    groups.set(key, group);
    group.names.push(name);
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
      title: `${way.verb} ${what} again from ${way.from}`,
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
          before: 'damaged',
          after: isGone ? 'missing' : 'still damaged',
        })),
      },
      action: { kind: 'leave', tensors: names },
    },
  ];
}

function adapterSteps(findings: readonly Finding[], { adapter }: Means): PlannedStep[] {
  const byName = new Map<string, string[]>();
  for (const { id, fix } of findings) {
    if (fix?.kind !== 'restore-adapters') continue;
    for (const name of fix.names) byName.set(name, [...(byName.get(name) ?? []), id]);
  }
  return [...byName].map(([name, ids]) => {
    const found = adapter(name);
    if (typeof found !== 'string') {
      return {
        step: {
          id: `adapter:${name}`,
          findings: ids,
          title: `Take the adapter ${name} back from ${found.from}`,
          trust: 'exact' as const,
          chosen: true,
          changes: [{ what: name, before: 'missing or damaged', after: `${formatBytes(found.bytes)}, proven by its hash` }], // prettier-ignore
          readBytes: found.bytes,
        },
        action: { kind: 'restore-adapter' as const, name },
      };
    }
    return {
      step: {
        id: `without-adapter:${name}`,
        findings: ids,
        title: `Go on without the adapter ${name}`,
        trust: 'lost' as const,
        chosen: false,
        changes: [{ what: name, before: `missing or damaged; ${found}`, after: 'not in the list' }],
      },
      action: { kind: 'drop-adapter' as const, name },
    };
  });
}

function tailSteps(findings: readonly Finding[]): PlannedStep[] {
  const tail = findings.filter(({ fix }) => fix?.kind === 'cut-tail');
  if (tail.length === 0) return [];
  return [
    {
      step: {
        id: 'cut-tail',
        findings: tail.map(({ id }) => id),
        title: 'Leave out the bytes behind the last tensor',
        trust: 'edited',
        chosen: true,
        changes: tail.map(({ message }) => ({ what: 'tail', before: message, after: 'left out' })),
      },
      action: { kind: 'cut-tail' },
    },
  ];
}

function isMetadataFix(fix: Fix | undefined): fix is MetadataFix {
  return (
    fix?.kind === 'set-metadata' || fix?.kind === 'remove-metadata' || fix?.kind === 'set-elements'
  );
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
