// What a run says, derived from its chunk means alone: every pair compared, the Pareto line, what is odd, what to use.
import type { Estimate, Measurement } from '#src/contract/quality/measurements.ts';
import type { Comparison, RankedSubject, Ranking } from '#src/contract/quality/ranking.ts';
import type { Run } from '#src/contract/quality/run.ts';
import type { Subject } from '#src/contract/quality/subjects.ts';
import { compareSubjects } from './compare-subjects.ts';
import { average, bootstrapMean } from './paired-chunks.ts';
import { kldText, recommend, type Candidate } from './recommend.ts';

interface Entry {
  readonly id: string;
  readonly subject: Subject;
  readonly measurements: readonly Measurement[];
}

/** Only subjects that share a reference are compared: distances from different models say nothing about each other. */
export function rankRun(run: Run): Ranking {
  const entries = run.subjects.flatMap((subject): Entry[] => {
    const measurements = run.measurements.filter((one) => one.subject === subject.id);
    return measurements.length === 0 ? [] : [{ id: subject.id, subject, measurements }];
  });
  const bySize = entries.toSorted((left, right) => left.subject.bytes - right.subject.bytes);
  const comparisons: Comparison[] = [];
  for (const [index, left] of bySize.entries()) {
    for (const right of bySize.slice(index + 1)) {
      if (run.referenceOf[left.id] !== run.referenceOf[right.id]) continue;
      const comparison = compareSubjects(left, right);
      if (comparison !== undefined) comparisons.push(comparison);
    }
  }
  const isCloser = closerIn(comparisons);
  const ranked = bySize.map((entry) => rank(entry, bySize, isCloser));
  const labelOf = (id: string) => entries.find((entry) => entry.id === id)?.subject.label ?? id;
  const mainReference = run.references[0]!.id;
  const candidates = bySize
    .filter(({ id }) => run.referenceOf[id] === mainReference)
    .map((entry) => candidateOf(entry, run));
  return {
    subjects: ranked,
    comparisons,
    recommendations: recommend(candidates, (left, right) => isCloser(left.id, right.id)),
    remarks: [...remarksOn(ranked, labelOf), ...sameFileRemarks(entries)],
  };
}

function closerIn(comparisons: readonly Comparison[]): (left: string, right: string) => boolean {
  const closer = new Set(
    comparisons.flatMap(({ left, right, verdict }) => {
      if (verdict === 'no difference') return [];
      return [verdict === 'closer' ? `${left}\n${right}` : `${right}\n${left}`];
    }),
  );
  return (left, right) => closer.has(`${left}\n${right}`);
}

function rank(
  { id, subject, measurements }: Entry,
  all: readonly Entry[],
  isCloser: (left: string, right: string) => boolean,
): RankedSubject {
  const { mean, interval } = bootstrapMean(measurements.map(({ chunks }) => chunks.kld));
  const smaller = all.filter((other) => other.subject.bytes < subject.bytes);
  const better = smaller.find((other) => isCloser(other.id, id));
  const dominated = all.some(
    (other) => other.id !== id && other.subject.bytes <= subject.bytes && isCloser(other.id, id),
  );
  const limit = Number.MAX_VALUE;
  return {
    subject: id,
    kld: { value: mean, error: errorOfMean(measurements) },
    kldInterval: { low: Math.max(0, interval.low), high: Math.min(limit, interval.high) },
    onParetoLine: !dominated,
    ...(better !== undefined && { worseThanSmaller: better.id }),
  };
}

/** Texts are independent: errors of their means add in squares. */
function errorOfMean(measurements: readonly Measurement[]): Estimate['error'] {
  const squares = measurements.map(({ kld }) => kld.mean.error ** 2);
  return Math.sqrt(squares.reduce((sum, value) => sum + value, 0)) / measurements.length;
}

function candidateOf({ id, subject, measurements }: Entry, run: Run): Candidate {
  const worst = measurements.toSorted((a, b) => b.kld.mean.value - a.kld.mean.value)[0]!;
  const speed = run.speed.find((one) => one.subject === id);
  return {
    id,
    label: subject.label,
    bytes: subject.bytes,
    kld: average(measurements.map(({ kld }) => kld.mean.value)),
    worstKld: worst.kld.mean.value,
    worstText: run.texts.find((text) => text.id === worst.text)?.title ?? worst.text,
    sameTop: average(measurements.map(({ sameTop }) => sameTop.value)),
    memoryBytes: speed?.peakRamBytes ?? subject.bytes * 1.1,
    memoryIsMeasured: speed !== undefined,
  };
}

function remarksOn(ranked: readonly RankedSubject[], labelOf: (id: string) => string): string[] {
  return ranked.flatMap(({ subject, worseThanSmaller, kld }) =>
    worseThanSmaller === undefined
      ? []
      : [
          `${labelOf(subject)} is larger than ${labelOf(worseThanSmaller)} and measurably farther from the unquantized model (mean KLD ${kldText(kld.value)}).`,
        ],
  );
}

/** The same bytes under two names: the pair's "no difference" is by construction. */
function sameFileRemarks(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ subject }, index) =>
    entries
      .slice(index + 1)
      .filter(
        ({ subject: other }) =>
          other.sha256 === subject.sha256 &&
          JSON.stringify(other.adapters) === JSON.stringify(subject.adapters),
      )
      .map(({ subject: other }) => `${subject.label} and ${other.label} are the same file.`),
  );
}
