// The KL divergence of a subject from the small reference: exact for the kept tokens, estimated without bias for the rest.
//
// With r = q / p, the tail's part Σ p (-ln r) is estimated as T/m Σ_j [-ln r_j + b (r_j - 1)] - b (Q - T) over the m draws
// (T and Q: the tail's probability by reference and subject, both known). The added terms cancel in expectation whatever
// b is, and take most of the noise away because -ln r + r - 1 is small of second order. b is fitted to kept tokens, never to
// the draws, so the estimate stays unbiased. Tokens with ln p <= -16 are left out of the sum as llama-perplexity does; drawn
// ones still count in the correction.
import type { PositionReference } from './position-reference.ts';

const leastLogProbability = -16;

export interface DivergenceEstimate {
  /** In nats. May be slightly below zero where the subject hardly differs. */
  readonly kld: number;
  /** Variance that the draws add to it (unbiased estimate). */
  readonly variance: number;
}

/** `logits`: the subject's row; `logSumExp`: of that row, so that ln q is the difference. */
export function estimateDivergence(
  position: PositionReference,
  logits: Float32Array,
  logSumExp: number,
): DivergenceEstimate {
  const { topTokens, topLogProbabilities, tailMass } = position;
  let kept = 0;
  let keptMass = 0;
  let subjectMass = 0;
  for (let index = 0; index < topTokens.length; index++) {
    const logP = topLogProbabilities[index] as number;
    const logQ = (logits[topTokens[index] as number] as number) - logSumExp;
    const p = Math.exp(logP);
    keptMass += p;
    subjectMass += Math.exp(logQ);
    if (logP > leastLogProbability) kept += p * (logP - logQ);
  }
  // Codes of ln p are rounded; that they must add up to 1 - T takes the rounding's first-order effect out.
  kept -= keptMass - (1 - tailMass);
  const tail = estimateTail(position, logits, logSumExp);
  const control = tail.control * (1 - subjectMass - tailMass);
  return { kld: kept + tail.sum - control, variance: tail.variance };
}

function estimateTail(
  position: PositionReference,
  logits: Float32Array,
  logSumExp: number,
): { sum: number; control: number; variance: number } {
  const { sampledTokens, sampledLogProbabilities, sampledCounts, tailMass } = position;
  if (sampledTokens.length === 0) return { sum: 0, control: 0, variance: 0 };
  const control = fitControl(position, logits, logSumExp);
  let draws = 0;
  let sum = 0;
  const terms = new Float64Array(sampledTokens.length);
  for (let index = 0; index < terms.length; index++) {
    const logP = sampledLogProbabilities[index] as number;
    const logRatio = (logits[sampledTokens[index] as number] as number) - logSumExp - logP;
    const counted = logP > leastLogProbability ? -logRatio : 0;
    const term = counted + control * (Math.exp(logRatio) - 1);
    const count = sampledCounts[index] as number;
    terms[index] = term;
    draws += count;
    sum += count * term;
  }
  const mean = sum / draws;
  let squares = 0;
  terms.forEach((term, index) => {
    squares += (sampledCounts[index] as number) * (term - mean) ** 2;
  });
  const variance = draws > 1 ? (tailMass ** 2 * squares) / (draws - 1) / draws : 0;
  return { sum: tailMass * mean, control, variance };
}

/** Kept tokens nearest to the tail that b is fitted to. */
const fittedShare = 0.5;

/**
 * b = Cov(ln r, r) / Var(r) over the less probable half of the kept tokens, within [0, 1]: near 1 for small changes,
 * smaller where some ratios are so large that r itself is noise.
 */
function fitControl(position: PositionReference, logits: Float32Array, logSumExp: number): number {
  const { topTokens, topLogProbabilities } = position;
  const border = medianOf(topLogProbabilities);
  let count = 0;
  let sumLog = 0;
  let sumRatio = 0;
  let sumProduct = 0;
  let sumSquare = 0;
  for (let index = 0; index < topTokens.length; index++) {
    const logP = topLogProbabilities[index] as number;
    if (logP > border || logP <= leastLogProbability) continue;
    const logRatio = (logits[topTokens[index] as number] as number) - logSumExp - logP;
    const ratio = Math.exp(logRatio);
    count++;
    sumLog += logRatio;
    sumRatio += ratio;
    sumProduct += logRatio * ratio;
    sumSquare += ratio * ratio;
  }
  if (count < 8) return 1;
  const variance = sumSquare - (sumRatio * sumRatio) / count;
  const covariance = sumProduct - (sumLog * sumRatio) / count;
  return variance > 0 ? Math.min(1, Math.max(0, covariance / variance)) : 1;
}

function medianOf(values: Float64Array): number {
  return values.slice().sort()[Math.floor(values.length * fittedShare)] ?? 0;
}
