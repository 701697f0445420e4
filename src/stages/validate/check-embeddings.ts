// Embedding models do not answer: their vectors must be finite, not zero, and different for different texts.
import type { StageRun } from '#src/contract/stage-events.ts';
import { failed, passed, type Finding } from './check-result.ts';
import type { LoadedModel } from './validation-ports.ts';

/** Two different sentences whose vectors are this close are the same vector for every use. */
const sameSimilarity = 0.99999;

export async function* checkEmbeddings(
  model: LoadedModel,
  prompts: readonly { readonly id: string; readonly text: string }[],
  signal: AbortSignal,
): StageRun<Finding> {
  const vectors: { id: string; vector: Float32Array }[] = [];
  for (const [index, { id, text }] of prompts.entries()) {
    signal.throwIfAborted();
    model.clear();
    const tokens = model.tokenize(text, { addSpecial: true, parseSpecial: true });
    await model.decode(tokens.subarray(0, model.contextSize));
    const vector = model.lastEmbedding();
    if (vector === undefined) return failed(`There is no embedding for "${id}".`, { text });
    if (!vector.every((value) => Number.isFinite(value))) {
      return failed(`The embedding of "${id}" holds NaN or infinity.`, { text });
    }
    if (vector.every((value) => value === 0)) {
      return failed(`The embedding of "${id}" is zero.`, { text });
    }
    vectors.push({ id, vector });
    yield { event: 'progress', done: index + 1, total: prompts.length, unit: 'steps' };
  }
  const similarities = vectors.flatMap((left, index) =>
    vectors.slice(index + 1).map((right) => ({
      pair: `${left.id}, ${right.id}`,
      similarity: cosine(left.vector, right.vector),
    })),
  );
  const same = similarities.find(({ similarity }) => similarity > sameSimilarity);
  if (same !== undefined) {
    return failed(`The texts ${same.pair} have the same embedding.`, { similarities });
  }
  return passed(`${vectors.length} texts have finite, distinct embeddings.`, {
    length: model.embeddingLength,
    similarities,
  });
}

/** Cosine similarity. */
export function cosine(left: Float32Array, right: Float32Array): number {
  let product = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  for (let index = 0; index < left.length; index++) {
    const a = left[index] ?? 0;
    const b = right[index] ?? 0;
    product += a * b;
    leftSquares += a * a;
    rightSquares += b * b;
  }
  return product / Math.sqrt(leftSquares * rightSquares);
}
