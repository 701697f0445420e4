// Two runs side by side: which conditions differ, and what each file lost or won. A difference is named only where its 95 %
// interval leaves no doubt: paired over chunks where both read the same tokens against the same model, else from both intervals.
import type { Interval, Measurement } from '#src/contract/quality/measurements.ts';
import type { RankedSubject, Ranking } from '#src/contract/quality/ranking.ts';
import type { Run } from '#src/contract/quality/run.ts';
import type { Subject } from '#src/contract/quality/subjects.ts';
import { compareSubjects } from '../ranking/compare-subjects.ts';
import { rankRun } from '../ranking/rank-run.ts';
import { conditionFacts } from './conditions.ts';

export interface SubjectDifference {
  /** Of the first run, else of the second. */
  readonly label: string;
  /** Ids in each run; undefined where the run lacks it. */
  readonly left: string | undefined;
  readonly right: string | undefined;
  readonly sameFile: boolean;
  /** Mean KLD of the first run's minus the second's. */
  readonly difference: number | undefined;
  readonly interval: Interval | undefined;
  /** Over shared chunks; false where the texts, contexts or references differ. */
  readonly isPaired: boolean;
  /** Of the first run's. The same file under other conditions has other figures, and is neither closer nor farther. */
  readonly verdict: 'closer' | 'farther' | 'no difference' | 'other conditions' | undefined;
}

export interface RunDifferences {
  readonly conditions: readonly {
    readonly name: string;
    readonly left: string;
    readonly right: string;
  }[];
  readonly subjects: readonly SubjectDifference[];
  /** Texts with the same bytes in both, by their titles in the first run. */
  readonly sharedTexts: readonly string[];
}

/** `rankings`, in the order of the runs, saves ranking them again where that was done already. */
export function compareRuns(
  left: Run,
  right: Run,
  rankings: readonly [Ranking | undefined, Ranking | undefined] = [undefined, undefined],
): RunDifferences {
  const leftRanked = (rankings[0] ?? rankRun(left)).subjects;
  const rightRanked = (rankings[1] ?? rankRun(right)).subjects;
  const taken = new Set<string>();
  const subjects = left.subjects.map((subject): SubjectDifference => {
    const other = partnerOf(subject, right.subjects, taken);
    if (other === undefined) return alone(subject, 'left');
    taken.add(other.id);
    const found =
      paired(left, right, subject, other) ??
      unpaired(rankOf(leftRanked, subject), rankOf(rightRanked, other));
    const sameFile = subject.sha256 === other.sha256;
    const isDifferent = found.verdict === 'closer' || found.verdict === 'farther';
    return {
      label: subject.label,
      left: subject.id,
      right: other.id,
      sameFile,
      ...found,
      ...(isDifferent && sameFile && !found.isPaired && isUsedAlike(subject, other)
        ? { verdict: 'other conditions' }
        : {}),
    };
  });
  const missing = right.subjects.filter(({ id }) => !taken.has(id));
  return {
    conditions: differingConditions(left, right),
    subjects: [...subjects, ...missing.map((subject) => alone(subject, 'right'))],
    sharedTexts: left.texts
      .filter(({ sha256 }) => right.texts.some((text) => text.sha256 === sha256))
      .map(({ title }) => title),
  };
}

/** The same bytes first, else the same name made the same way. */
function partnerOf(
  subject: Subject,
  others: readonly Subject[],
  taken: ReadonlySet<string>,
): Subject | undefined {
  const free = others.filter(({ id }) => !taken.has(id));
  return (
    free.find((other) => other.sha256 === subject.sha256 && isUsedAlike(other, subject)) ??
    free.find((other) => other.label === subject.label && other.form === subject.form)
  );
}

/** With the same adapters at the same scales. */
function isUsedAlike(one: Subject, other: Subject): boolean {
  return JSON.stringify(one.adapters) === JSON.stringify(other.adapters);
}

type Found = Pick<SubjectDifference, 'difference' | 'interval' | 'isPaired' | 'verdict'>;

const nothing: Found = {
  difference: undefined,
  interval: undefined,
  isPaired: false,
  verdict: undefined,
};

function alone({ id, label }: Subject, side: 'left' | 'right'): SubjectDifference {
  const ids = { left: undefined, right: undefined, [side]: id };
  return { label, ...ids, sameFile: false, ...nothing };
}

/** Undefined where the two did not measure the same thing. */
function paired(left: Run, right: Run, one: Subject, other: Subject): Found | undefined {
  if (left.conditions.contextSize !== right.conditions.contextSize) return undefined;
  if (referenceOf(left, one) !== referenceOf(right, other)) return undefined;
  const comparison = compareSubjects(
    { id: 'left', measurements: byBytes(left, one) },
    { id: 'right', measurements: byBytes(right, other) },
  );
  if (comparison === undefined) return undefined;
  const { difference, interval, verdict } = comparison;
  return { difference, interval, verdict, isPaired: true };
}

function referenceOf(run: Run, { id }: Subject): string | undefined {
  const reference = run.references.find((one) => one.id === run.referenceOf[id]);
  return reference && `${reference.sha256} ${JSON.stringify(reference.adapters)}`;
}

/** A run's measurements under what their texts hold: ids are each run's own. */
function byBytes(run: Run, { id }: Subject): Measurement[] {
  const contents = new Map(
    run.texts.map((text) => [text.id, `${text.sha256} ${text.parseSpecial}`]),
  );
  return run.measurements
    .filter(({ subject }) => subject === id)
    .map((one) => ({ ...one, text: contents.get(one.text) ?? one.text }));
}

function unpaired(one: RankedSubject | undefined, other: RankedSubject | undefined): Found {
  if (one === undefined || other === undefined) return nothing;
  const difference = one.kld.value - other.kld.value;
  const [from, to] = [one.kldInterval, other.kldInterval];
  const interval = {
    low: difference - Math.hypot(one.kld.value - from.low, to.high - other.kld.value),
    high: difference + Math.hypot(from.high - one.kld.value, other.kld.value - to.low),
  };
  const verdict = interval.high < 0 ? 'closer' : interval.low > 0 ? 'farther' : 'no difference';
  return { difference, interval, isPaired: false, verdict };
}

function rankOf(ranked: readonly RankedSubject[], { id }: Subject): RankedSubject | undefined {
  return ranked.find(({ subject }) => subject === id);
}

function differingConditions(left: Run, right: Run): RunDifferences['conditions'] {
  const facts = (run: Run) =>
    new Map([
      ...conditionFacts(run),
      ['Reference file', run.references.map(({ sha256 }) => sha256.slice(0, 12)).join(', ')],
      ['Text files', run.texts.map(({ sha256 }) => sha256.slice(0, 12)).join(', ')],
    ] as const);
  const [one, two] = [facts(left), facts(right)];
  return [...one].flatMap(([name, value]) => {
    const other = two.get(name) ?? '';
    return name === 'Measured' || value === other ? [] : [{ name, left: value, right: other }];
  });
}
