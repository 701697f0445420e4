// The proof: hybrid and stock level on texts that neither the search nor the importance matrix has seen, paired chunk by
// chunk. Whatever cannot be told apart stays stock.
import type { AllocateResult, Budget } from '#src/contract/quality/allocate.ts';
import type { Estimate, Measurement } from '#src/contract/quality/measurements.ts';
import type { Comparison } from '#src/contract/quality/ranking.ts';
import { invariant } from '#src/errors/assert.ts';
import { compareSubjects } from '#src/evaluation/ranking/compare-subjects.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { meanKld } from './measure-files.ts';

/** Hybrids may be this much smaller than the stock level and still be called equally large. */
const equalShare = 0.001;

/** Resampling fewer chunks knows next to nothing of how much they vary. */
const leastChunks = 8;

export interface Contender {
  readonly bytes: number;
  readonly measured: readonly Measurement[];
}

export interface Verdict {
  readonly comparison: Comparison;
  readonly kept: AllocateResult['kept'];
  /** One or two sentences. */
  readonly reason: string;
}

export interface VerdictRequest {
  readonly budget: Budget;
  /** Bytes that the file may have; for a KLD the hybrid's own. */
  readonly budgetBytes: number;
  readonly level: string;
  readonly stock: Contender;
  readonly hybrid: Contender;
}

export function judge(request: VerdictRequest): Verdict {
  const { budget, budgetBytes, level, stock, hybrid } = request;
  const comparison = compareSubjects(
    { id: 'hybrid', measurements: hybrid.measured },
    { id: level, measurements: stock.measured },
  );
  invariant(comparison !== undefined, 'both were measured on the same texts');
  const klds = `KLD ${show(meanKld(hybrid.measured))} against ${show(meanKld(stock.measured))}`;
  const sizes = sizeWords(level, hybrid.bytes, stock.bytes);
  const paired = `paired difference ${comparison.difference.toPrecision(3)}, 95 % from ${comparison.interval.low.toPrecision(3)} to ${comparison.interval.high.toPrecision(3)}`;
  const facts = `${klds} on held-out text (${paired}); ${sizes}.`;
  if (budget.kind === 'kld') return judgeByKld(budget.kld, request, comparison, facts);
  if (stock.bytes > budgetBytes) {
    const reason = `Hybrid: no stock level fits ${formatCount(budgetBytes)} bytes; the smallest, ${level}, is larger. ${facts}`;
    return { comparison, kept: 'hybrid', reason };
  }
  const chunks = hybrid.measured.reduce((sum, { chunks: { kld } }) => sum + kld.length, 0);
  if (chunks < leastChunks) {
    const reason = `${level} kept: ${chunks} chunk${chunks === 1 ? ' is' : 's are'} too few to tell anything (${leastChunks} at least): ${facts}`;
    return { comparison, kept: 'stock', reason };
  }
  switch (comparison.verdict) {
    case 'closer':
      return { comparison, kept: 'hybrid', reason: `Hybrid: it is measurably closer to the unquantized model than ${level}: ${facts}` }; // prettier-ignore
    case 'farther':
      return { comparison, kept: 'stock', reason: `${level} kept: it is measurably closer to the unquantized model than the hybrid: ${facts}` }; // prettier-ignore
    case 'no difference':
      return { comparison, kept: 'stock', reason: `${level} kept: the measurement cannot tell it from the hybrid: ${facts}` }; // prettier-ignore
  }
}

/** The smaller of those whose KLD on the held-out texts passes. */
function judgeByKld(
  kld: number,
  { level, stock, hybrid }: VerdictRequest,
  comparison: Comparison,
  facts: string,
): Verdict {
  const passes = ({ measured }: Contender) => meanKld(measured).value <= kld;
  const said = (contender: Contender) =>
    passes(contender) ? '' : ` No smaller KLD on the held-out text was found: it is above ${kld}.`;
  const isStock = stock.bytes <= hybrid.bytes && (passes(stock) || !passes(hybrid));
  if (isStock) {
    const reason = `${level} kept: it is no larger than the hybrid at KLD ${kld}: ${facts}${said(stock)}`;
    return { comparison, kept: 'stock', reason };
  }
  const reason = `Hybrid: smaller than ${level}, the smallest stock level of KLD ${kld} and less: ${facts}${said(hybrid)}`;
  return { comparison, kept: 'hybrid', reason };
}

function sizeWords(level: string, hybrid: number, stock: number): string {
  const difference = hybrid - stock;
  const share = Math.abs(difference) / stock;
  if (share <= equalShare) return `both have ${formatBytes(stock)} (${difference} bytes)`;
  const percent = `${(100 * share).toFixed(share < 0.01 ? 2 : 1)} %`;
  return `the hybrid is ${percent} ${difference < 0 ? 'smaller' : 'larger'} than ${level} (${difference} bytes)`;
}

function show({ value, error }: Estimate): string {
  return `${value.toPrecision(4)} ± ${error.toPrecision(2)}`;
}
