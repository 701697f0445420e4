// Lines of a batch: their verdict, order and counts. Pure.
import type { Behaviour, Diagnosis } from '#src/contract/doctor/diagnosis.ts';
import { sortFindings, verdictWords, worstSeverity } from './doctor-words.ts';

export interface CheckedLine {
  readonly file: { readonly name: string; readonly path: string; readonly bytes: number };
  readonly result?: { readonly diagnosis: Diagnosis; readonly behaviour?: Behaviour | undefined };
}

type Verdict = Diagnosis['verdict'];

/** Of everything that was found, behaviour included; undefined before the check has ended. */
export function lineVerdict({ result }: CheckedLine): Verdict | undefined {
  if (result === undefined) return undefined;
  return worstSeverity(findingsOf(result)) ?? 'healthy';
}

/** The worst finding, and how many more there are. */
export function findingsText({ result }: CheckedLine): string {
  if (result === undefined) return '';
  const [first, ...others] = sortFindings(findingsOf(result));
  if (first === undefined) return '';
  return others.length === 0 ? first.message : `${first.message} (and ${others.length} more)`;
}

function findingsOf({ diagnosis, behaviour }: NonNullable<CheckedLine['result']>) {
  return [...diagnosis.findings, ...(behaviour?.findings ?? [])];
}

const verdictOrder: readonly Verdict[] = ['error', 'warning', 'info', 'healthy'];

/** `2 damaged`, `5 healthy`: worst first. */
export function countVerdicts(
  lines: readonly CheckedLine[],
): readonly { readonly verdict: string; readonly count: number }[] {
  return verdictOrder
    .map((verdict) => ({
      verdict: verdictWords[verdict].word,
      count: lines.filter((line) => lineVerdict(line) === verdict).length,
    }))
    .filter(({ count }) => count > 0);
}

/** As listed without a sort; lines without a verdict come last. */
export function sortLines<L extends CheckedLine>(
  lines: readonly L[],
  sort: { readonly column: string; readonly descending: boolean } | undefined,
): readonly L[] {
  if (sort === undefined) return lines;
  const sign = sort.descending ? -1 : 1;
  const rank = (line: L) => {
    const verdict = lineVerdict(line);
    return verdict === undefined ? verdictOrder.length : verdictOrder.indexOf(verdict);
  };
  const compare = (a: L, b: L) => {
    if (sort.column === 'size') return a.file.bytes - b.file.bytes;
    if (sort.column === 'verdict') return rank(a) - rank(b);
    return a.file.name.localeCompare(b.file.name, 'en', { numeric: true });
  };
  return [...lines].sort((a, b) => sign * compare(a, b));
}
