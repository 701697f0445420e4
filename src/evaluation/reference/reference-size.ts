// How many tokens of a distribution the small reference keeps. The rule has one input, the size of the vocabulary, so that
// two references of one model are always alike.

export interface ReferenceSize {
  /** The most probable tokens, kept one by one. */
  readonly topTokens: number;
  /** Draws from all others; equal draws are stored once. */
  readonly sampledTokens: number;
}

/** Bytes that llama-perplexity's `--kl-divergence-base` file has per scored position. */
export function llamaLogitsBytes(vocabularySize: number): number {
  return 2 * (2 * Math.ceil(vocabularySize / 2) + 4);
}

/** Share of llama.cpp's file that a position may take where the vocabulary has 100,000 tokens or more. */
export const largestShare = 0.01;
/** Where 1 % would be too few tokens for a good estimate: 256 kept, 64 drawn. */
const leastEntries = 320;
const mostEntries = 1024;
/** What a position takes beside its tokens (see encode-position.ts), its token's likelihood, and a chunk's header. */
const fixedBytes = 48;
/** A token takes a distance of two bytes and a code of two; distances of three bytes are rare and counted apart. */
const bytesPerEntry = 4;

/**
 * The rule: as many tokens as fit into 1 % of llama.cpp's file uncompressed, but at least 320 and at most 1,024; one fifth
 * of them drawn, the rest kept. Vocabularies that fit whole are kept whole.
 */
export function chooseReferenceSize(vocabularySize: number): ReferenceSize {
  const budget = largestShare * llamaLogitsBytes(vocabularySize);
  const longDistances = Math.ceil(vocabularySize / 2 ** 14) + Math.ceil(vocabularySize / 2 ** 13);
  const fitting = Math.floor((budget - fixedBytes - longDistances) / bytesPerEntry);
  const entries = Math.min(mostEntries, Math.max(leastEntries, fitting));
  if (vocabularySize <= entries) return { topTokens: vocabularySize, sampledTokens: 0 };
  const sampledTokens = Math.floor(entries / 5);
  return { topTokens: entries - sampledTokens, sampledTokens };
}
