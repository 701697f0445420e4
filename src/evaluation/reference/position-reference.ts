// One position of the small reference as it is worked with: what the reference model predicts there, in a few hundred tokens.

export interface PositionReference {
  /** The most probable tokens, ascending by id. */
  readonly topTokens: Uint32Array;
  /** ln p of each. */
  readonly topLogProbabilities: Float64Array;
  /** Index in `topTokens` of the most probable of all. */
  readonly best: number;
  /** Probability of all tokens that are not among them. */
  readonly tailMass: number;
  /** Tokens drawn from the others in proportion to p, ascending, each once. */
  readonly sampledTokens: Uint32Array;
  readonly sampledLogProbabilities: Float64Array;
  /** How often each was drawn. */
  readonly sampledCounts: Uint32Array;
}

/** Below this (p = 1e-14) ln p is not told apart: such tokens are outside llama-perplexity's sum, and are hardly drawn. */
export const lowestLogProbability = -32;
