// Puts the scores of a chunk's parts together again.
import type { PositionScores } from '#src/evaluation/position-scores.ts';

/** The parts' entries in their order. */
export function joinScores(parts: readonly PositionScores[]): PositionScores {
  const count = parts.reduce((sum, part) => sum + part.nll.length, 0);
  const joined = {
    nll: new Float32Array(count),
    nllBase: new Float32Array(count),
    kld: new Float32Array(count),
    sameTop: new Uint8Array(count),
    samplingVariance: new Float32Array(count),
  };
  let at = 0;
  for (const part of parts) {
    joined.nll.set(part.nll, at);
    joined.nllBase.set(part.nllBase, at);
    joined.kld.set(part.kld, at);
    joined.sameTop.set(part.sameTop, at);
    joined.samplingVariance.set(part.samplingVariance, at);
    at += part.nll.length;
  }
  return joined;
}
