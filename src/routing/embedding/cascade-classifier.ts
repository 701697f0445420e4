// Lexical first: where it is sure, no model is asked. Where it is not, the embedding's evidence is added to the lexical one:
// two independent looks at a text, each calibrated, so their log odds are averaged.
import { logit, sigmoid } from '../calibration/fit-sigmoid.ts';
import type { Classification, HeldOutScores, TrainedClassifier } from '../classifier.ts';

/** Share of the embedding in the average; the rest is lexical. */
const embeddingShare = 0.5;

export function createCascadeClassifier(
  lexical: TrainedClassifier,
  embedding: TrainedClassifier,
  certain: number,
): TrainedClassifier {
  return {
    heldOut: joinHeldOut(lexical.heldOut, embedding.heldOut, certain),
    classify: async (texts) => {
      const first = await lexical.classify(texts);
      // The first text is the whole one; the rest are its parts, which are not worth a call by themselves.
      const [whole] = first;
      if (whole === undefined || isCertain(whole.scores, certain)) return first;
      const unsure = first.flatMap(({ scores }, index) =>
        isCertain(scores, certain) ? [] : [index],
      );
      const second = await embedding.classify(unsure.map((index) => texts[index] ?? ''));
      return first.map((classification, index) => {
        const other = second[unsure.indexOf(index)];
        return other === undefined ? classification : join(classification, other);
      });
    },
  };
}

function isCertain(scores: readonly number[], certain: number): boolean {
  return scores.some((score) => score >= certain);
}

function join(lexical: Classification, embedding: Classification): Classification {
  return {
    scores: lexical.scores.map((score, route) => average(score, embedding.scores[route] ?? 0)),
    none: average(lexical.none, embedding.none),
    by: 'embedding',
    explain: (route) => {
      const reasons = [...embedding.explain(route), ...lexical.explain(route)];
      return reasons.filter(
        (reason, index) =>
          reason.kind !== 'example' ||
          reasons.findIndex((other) => other.kind === 'example' && other.text === reason.text) ===
            index,
      );
    },
  };
}

function average(lexical: number, embedding: number): number {
  return sigmoid(logit(lexical) * (1 - embeddingShare) + logit(embedding) * embeddingShare);
}

function joinHeldOut(
  lexical: readonly HeldOutScores[],
  embedding: readonly HeldOutScores[],
  certain: number,
): HeldOutScores[] {
  const keyOf = ({ route, text }: HeldOutScores) => `${route} ${text}`;
  const others = new Map(embedding.map((held) => [keyOf(held), held]));
  return lexical.map((held) => {
    const other = others.get(keyOf(held));
    if (other === undefined || isCertain(held.scores, certain)) return held;
    return {
      ...held,
      scores: held.scores.map((score, route) => average(score, other.scores[route] ?? 0)),
      none: average(held.none, other.none),
    };
  });
}
