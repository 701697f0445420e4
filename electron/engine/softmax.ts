// Probabilities from raw logits.

/** Softmax at temperature 1 over all entries, in double precision; shifted by the largest, so that nothing overflows. */
export function softmax<Key>(logits: ReadonlyMap<Key, number>): Map<Key, number> {
  let largest = Number.NEGATIVE_INFINITY;
  for (const logit of logits.values()) largest = Math.max(largest, logit);
  let sum = 0;
  for (const logit of logits.values()) sum += Math.exp(logit - largest);
  const probabilities = new Map<Key, number>();
  for (const [key, logit] of logits) probabilities.set(key, Math.exp(logit - largest) / sum);
  return probabilities;
}
