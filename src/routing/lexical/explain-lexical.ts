// Why the lexical classifier gave a route its score. Nothing is guessed afterwards: the score is a sum over features, so it
// splits into words; and the weights are a sum over training texts, so it splits into examples.
import type { Reason } from '#src/contract/routing/decision.ts';
import type { LexicalModel } from './lexical-model.ts';
import type { ExplainedVector, TextVector } from './vectorizer.ts';

const shownWords = 6;
const shownExamples = 3;
/** Smaller shares are noise of single pieces. */
const smallestShare = 0.04;

/** Words with their shares of all that speaks for the route, then the examples that speak for it most. */
export function explainLexical(
  model: LexicalModel,
  vector: ExplainedVector,
  route: number,
  id: string,
): Reason[] {
  const words = wordShares(model, vector, route);
  const reasons: Reason[] = words.length === 0 ? [] : [{ kind: 'words', route: id, words }];
  return [...reasons, ...likeExamples(model, vector, route, id)];
}

/** Every feature's part of the score goes to the words that it was made of, in equal parts. */
function wordShares(
  { linear }: LexicalModel,
  vector: ExplainedVector,
  route: number,
): { word: string; weight: number }[] {
  const byWord = new Map<string, { shown: string; sum: number }>();
  for (const [at, feature] of vector.features.entries()) {
    const part = (linear.weights[feature * linear.classes + route] ?? 0) * (vector.values[at] ?? 0);
    const words = vector.words[at] ?? [];
    for (const index of words) {
      const token = vector.tokens[index];
      if (token === undefined) continue;
      const known = byWord.get(token.word) ?? { shown: token.shown, sum: 0 };
      known.sum += part / words.length;
      byWord.set(token.word, known);
    }
  }
  const speaking = [...byWord.values()].filter(({ sum }) => sum > 0);
  const total = speaking.reduce((sum, word) => sum + word.sum, 0);
  return speaking
    .map(({ shown, sum }) => ({ word: shown, weight: sum / total }))
    .filter(({ weight }) => weight >= smallestShare)
    .toSorted((left, right) => right.weight - left.weight)
    .slice(0, shownWords);
}

/** Examples of the route in the order of their parts in the score: coefficient times likeness. */
function likeExamples(
  { texts, linear, vectorizer }: LexicalModel,
  vector: ExplainedVector,
  route: number,
  id: string,
): Reason[] {
  const dense = new Float64Array(vectorizer.size);
  for (const [at, feature] of vector.features.entries()) dense[feature] = vector.values[at] ?? 0;
  const coefficients = linear.coefficients[route];
  return texts
    .flatMap((text, index) => {
      if (text.label !== route || text.isKeyword) return [];
      const similarity = likeness(text, dense);
      return similarity <= 0
        ? []
        : [{ text: text.text, similarity, part: similarity * (coefficients?.[index] ?? 0) }];
    })
    .filter(({ part }) => part > 0)
    .toSorted((left, right) => right.part - left.part)
    .slice(0, shownExamples)
    .map(({ text, similarity }) => ({
      kind: 'example' as const,
      route: id,
      text,
      similarity: Math.min(1, similarity),
    }));
}

function likeness(text: TextVector, dense: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < text.features.length; at++) {
    sum += (dense[text.features[at] ?? 0] ?? 0) * (text.values[at] ?? 0);
  }
  return sum;
}
