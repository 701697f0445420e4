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
  const fit = new ControlFit(meanOf(topLogProbabilities));
  let kept = 0;
  let keptMass = 0;
  let subjectMass = 0;
  for (let index = 0; index < topTokens.length; index++) {
    const logP = topLogProbabilities[index] as number;
    const logQ = (logits[topTokens[index] as number] as number) - logSumExp;
    const p = Math.exp(logP);
    const q = Math.exp(logQ);
    keptMass += p;
    subjectMass += q;
    if (logP <= leastLogProbability) continue;
    kept += p * (logP - logQ);
    fit.add(logP, logQ - logP, q / p);
  }
  // Codes of ln p are rounded; that they must add up to 1 - T takes the rounding's first-order effect out.
  kept -= keptMass - (1 - tailMass);
  const control = fit.result();
  const tail = estimateTail(position, logits, logSumExp, control);
  const known = position.sampledTokens.length > 0 ? control * (1 - subjectMass - tailMass) : 0;
  return { kld: kept + tail.sum - known, variance: tail.variance };
}

function estimateTail(
  position: PositionReference,
  logits: Float32Array,
  logSumExp: number,
  control: number,
): { sum: number; variance: number } {
  const { sampledTokens, sampledLogProbabilities, sampledCounts, tailMass } = position;
  if (sampledTokens.length === 0) return { sum: 0, variance: 0 };
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
  for (let index = 0; index < terms.length; index++) {
    squares += (sampledCounts[index] as number) * ((terms[index] as number) - mean) ** 2;
  }
  const variance = draws > 1 ? (tailMass ** 2 * squares) / (draws - 1) / draws : 0;
  return { sum: tailMass * mean, variance };
}

/**
 * b = Cov(ln r, r) / Var(r), within [0, 1], over the kept tokens that are most like the tail (ln p below their mean): near 1
 * for small changes, smaller where some ratios are so large that r itself is noise.
 */
class ControlFit {
  private count = 0;
  private logs = 0;
  private ratios = 0;
  private products = 0;
  private squares = 0;

  constructor(private readonly border: number) {}

  add(logP: number, logRatio: number, ratio: number): void {
    if (logP > this.border) return;
    this.count++;
    this.logs += logRatio;
    this.ratios += ratio;
    this.products += logRatio * ratio;
    this.squares += ratio * ratio;
  }

  /** 1 where there is too little to fit. */
  result(): number {
    if (this.count < 8) return 1;
    const variance = this.squares - this.ratios ** 2 / this.count;
    const covariance = this.products - (this.logs * this.ratios) / this.count;
    return variance > 0 ? Math.min(1, Math.max(0, covariance / variance)) : 1;
  }
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}
