// From the scores of all positions to a measurement: llama-perplexity's figures by its own formulas, and intervals that
// take whole chunks as the unit.
import { invariant } from '#src/errors/assert.ts';
import type { Estimate, Interval, Measurement } from '#src/contract/quality/measurements.ts';
import type { PositionScores } from '../position-scores.ts';
import { bootstrapInterval } from './block-bootstrap.ts';
import { chunkMeans, deltaPOf } from './chunk-means.ts';
import { covarianceOfMeans, meanAndError, sumsOf } from './mean-and-error.ts';
import { percentilesOf } from './percentiles.ts';

export interface ScoredChunks {
  readonly subject: string;
  readonly text: string;
  /** In the text's order; at least one, each with at least one position. */
  readonly chunks: readonly PositionScores[];
}

/** One subject on one text. `seconds` is for the caller to add. */
export function summarize({ subject, text, chunks }: ScoredChunks): Measurement {
  invariant(
    chunks.length > 0 && chunks.every(({ nll }) => nll.length > 0),
    'every measured chunk has scored positions',
  );
  const means = chunkMeans(chunks);
  const weights = chunks.map(({ nll }) => nll.length);
  const nll = join(chunks.map((chunk) => chunk.nll));
  const nllBase = join(chunks.map((chunk) => chunk.nllBase));
  const kld = join(chunks.map((chunk) => chunk.kld));
  const deltaP = join(chunks.map(deltaPOf));
  const count = nll.length;

  const lnPpl = meanAndError(sumsOf(nll));
  const lnPplBase = meanAndError(sumsOf(nllBase));
  const covariance = covarianceOfMeans(nll, nllBase);
  const ratioVariance = lnPpl.error ** 2 + lnPplBase.error ** 2 - 2 * covariance;
  const lnPplRatio = {
    value: lnPpl.value - lnPplBase.value,
    error: Math.sqrt(Math.max(0, ratioVariance)),
  };
  const errorProduct = lnPpl.error * lnPplBase.error;
  const kldMean = meanAndError(sumsOf(kld));
  const samplingVariance = chunks.reduce((sum, each) => sum + sumsOf(each.samplingVariance).sum, 0);
  const sameTop = shareAndError(chunks, count);

  return {
    subject,
    text,
    scoredTokens: count,
    chunks: means,
    ppl: exponential(lnPpl),
    pplBase: exponential(lnPplBase),
    lnPplRatio,
    pplRatio: exponential(lnPplRatio),
    // One of the two is always the same: nothing goes with it.
    lnPplCorrelation: errorProduct > 0 ? covariance / errorProduct : 0,
    kld: {
      mean: kldMean,
      interval: bootstrapInterval(means.kld, weights) ?? withinError(kldMean),
      samplingError: Math.sqrt(samplingVariance) / count,
      percentiles: percentilesOf(kld),
    },
    deltaP: {
      mean: meanAndError(sumsOf(deltaP)),
      rms: rootMeanSquare(deltaP),
      percentiles: percentilesOf(deltaP),
    },
    sameTop,
    sameTopInterval: bootstrapInterval(means.sameTop, weights) ?? withinError(sameTop),
  };
}

function join(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** e^x with its error by the first derivative, as PPL and its ratio have theirs. */
function exponential({ value, error }: Estimate): Estimate {
  return { value: Math.exp(value), error: Math.exp(value) * error };
}

/** sqrt(E[x²]) ± the error of E[x²] over twice that. */
function rootMeanSquare(values: Float32Array): Estimate {
  const meanSquare = meanAndError(sumsOf(Float64Array.from(values, (value) => value * value)));
  const value = Math.sqrt(meanSquare.value);
  return { value, error: value > 0 ? (0.5 / value) * meanSquare.error : 0 };
}

function shareAndError(chunks: readonly PositionScores[], count: number): Estimate {
  const same = chunks.reduce((sum, each) => sum + each.sameTop.reduce((all, one) => all + one), 0);
  const value = same / count;
  return { value, error: count > 1 ? Math.sqrt((value * (1 - value)) / (count - 1)) : 0 };
}

/** A single chunk cannot be drawn again: tokens taken as independent are then the best there is. */
function withinError({ value, error }: Estimate): Interval {
  return { low: value - 1.96 * error, high: value + 1.96 * error };
}
