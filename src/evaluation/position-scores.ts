// What scoring a run of positions gives: one entry per scored position in every array. Made by the factory's score workers,
// summed up by src/evaluation/statistics, kept per chunk so that a broken run goes on.

export interface PositionScores {
  /** -ln p of the token that follows in the text, by the subject and by the reference. */
  readonly nll: Float32Array;
  readonly nllBase: Float32Array;
  /** KLD(reference ‖ subject) in nats, as llama-perplexity sums it: terms with ln p_base <= -16 are left out. */
  readonly kld: Float32Array;
  /** 1 where both have the same most probable token. */
  readonly sameTop: Uint8Array;
  /** Variance of `kld` that the reference's sampled tail adds; 0 in a full comparison. */
  readonly samplingVariance: Float32Array;
}

/** Rows of logits in native memory, one after another: F32, `count` rows of the vocabulary's size. */
export interface LogitRows {
  readonly address: bigint;
  readonly count: number;
}

/** A chunk of the reference: an encoded distribution per scored position, and the tokens' own likelihoods. */
export interface ReferenceChunk {
  readonly nll: Float32Array;
  readonly encoded: Uint8Array;
}
