// Two runs side by side: the same files in both, with what changed. Paired over chunks where both read the same tokens against
// the same reference; a difference is named only when its 95 % interval leaves no doubt.
import type { Measurement } from '#src/contract/quality/measurements.ts';
import type { Run } from '#src/contract/quality/run.ts';
import type { Subject } from '#src/contract/quality/subjects.ts';
import { compareSubjects } from '#src/evaluation/ranking/compare-subjects.ts';
import { rowsOf, type Figure, type SubjectRow } from './run-rows.ts';

export interface RunDifference {
  /** In both runs, or in one of them. */
  readonly label: string;
  readonly level: string | undefined;
  readonly left: SubjectRow | undefined;
  readonly right: SubjectRow | undefined;
  /** The bytes are the same. */
  readonly sameFile: boolean;
  /** Mean KLD of the left run minus the right one's. */
  readonly kld: { readonly value: number; readonly low: number; readonly high: number } | undefined;
  /** Resampled over shared chunks, or from two intervals of their own. */
  readonly paired: boolean;
  readonly verdict: 'closer' | 'farther' | 'no difference' | undefined;
}

export interface RunsComparison {
  readonly rows: readonly RunDifference[];
  /** Conditions that differ, each with both values. */
  readonly differing: readonly {
    readonly name: string;
    readonly left: string;
    readonly right: string;
  }[];
  /** Texts with the same bytes in both, by their title in the left run. */
  readonly sharedTexts: readonly string[];
}

export function compareRuns(left: Run, right: Run): RunsComparison {
  const shared = left.texts.filter(({ sha256 }) =>
    right.texts.some((each) => each.sha256 === sha256),
  );
  const pairable =
    left.conditions.contextSize === right.conditions.contextSize &&
    left.references[0]?.sha256 === right.references[0]?.sha256;
  const leftRows = rowsOf(left);
  const rightRows = rowsOf(right);
  const taken = new Set<string>();
  const rows = leftRows.map((row): RunDifference => {
    const other = partnerOf(row, rightRows, taken);
    if (other === undefined) return alone(row, undefined);
    taken.add(other.id);
    return {
      ...alone(row, other),
      sameFile: row.subject.sha256 === other.subject.sha256,
      ...difference(left, right, row, other, pairable),
    };
  });
  const missing = rightRows.filter(({ id }) => !taken.has(id)).map((row) => alone(undefined, row));
  return {
    rows: [...rows, ...missing],
    differing: differingConditions(left, right),
    sharedTexts: shared.map(({ title }) => title),
  };
}

/** The same bytes first, else the same name made the same way. */
function partnerOf(
  { subject, label }: SubjectRow,
  rows: readonly SubjectRow[],
  taken: ReadonlySet<string>,
): SubjectRow | undefined {
  const free = rows.filter(({ id }) => !taken.has(id));
  const sameUse = (other: Subject) =>
    JSON.stringify(other.adapters) === JSON.stringify(subject.adapters);
  return (
    free.find((other) => other.subject.sha256 === subject.sha256 && sameUse(other.subject)) ??
    free.find((other) => other.label === label && other.subject.form === subject.form)
  );
}

function alone(left: SubjectRow | undefined, right: SubjectRow | undefined): RunDifference {
  const known = left ?? right;
  return {
    label: known?.label ?? '',
    level: known?.level,
    left,
    right,
    sameFile: false,
    kld: undefined,
    paired: false,
    verdict: undefined,
  };
}

function difference(
  left: Run,
  right: Run,
  row: SubjectRow,
  other: SubjectRow,
  pairable: boolean,
): Pick<RunDifference, 'kld' | 'paired' | 'verdict'> {
  if (pairable) {
    const compared = compareSubjects(
      { id: 'left', measurements: byBytes(left, row.id) },
      { id: 'right', measurements: byBytes(right, other.id) },
    );
    if (compared !== undefined) {
      const { difference: value, interval, verdict } = compared;
      return { kld: { value, ...interval }, paired: true, verdict };
    }
  }
  const one = row.figures.kld;
  const two = other.figures.kld;
  if (one === undefined || two === undefined)
    return { kld: undefined, paired: false, verdict: undefined };
  const kld = independent(one, two);
  const verdict = kld.high < 0 ? 'closer' : kld.low > 0 ? 'farther' : 'no difference';
  return { kld, paired: false, verdict };
}

/** A run's measurements under the hashes of their texts: ids are each run's own. */
function byBytes(run: Run, subject: string): Measurement[] {
  const hashes = new Map(run.texts.map(({ id, sha256 }) => [id, sha256]));
  return run.measurements
    .filter((each) => each.subject === subject)
    .map((each) => ({ ...each, text: hashes.get(each.text) ?? each.text }));
}

function independent(one: Figure, two: Figure): { value: number; low: number; high: number } {
  const value = one.value - two.value;
  return {
    value,
    low: value - Math.hypot(one.value - one.low, two.high - two.value),
    high: value + Math.hypot(one.high - one.value, two.value - two.low),
  };
}

function differingConditions(left: Run, right: Run): RunsComparison['differing'] {
  const facts = (run: Run): Record<string, string> => ({
    base: `${run.references[0]?.label ?? '–'} ${run.references[0]?.sha256.slice(0, 8) ?? ''}`,
    texts: run.texts.map(({ title, sha256 }) => `${title} ${sha256.slice(0, 8)}`).join(', '),
    context: `${run.conditions.contextSize}`,
    'llama.cpp': run.conditions.llamaRelease,
    'back end': run.conditions.backend,
    'code for': run.conditions.cpuVariant,
    threads: `${run.conditions.threads}`,
    machine: run.conditions.machine,
    mode: run.conditions.mode,
  });
  const one = facts(left);
  const two = facts(right);
  return Object.keys(one).flatMap((name) => {
    const [a = '', b = ''] = [one[name], two[name]];
    return a === b ? [] : [{ name, left: a, right: b }];
  });
}
