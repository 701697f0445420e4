// Two curves over scores: what is gained and lost by asking for more certainty, and whether a score of 0.8 is right in eight
// cases of ten. Both look at the best route of each prompt, whatever the thresholds of a manifest are.
import type { RoutingEvaluation } from '#src/contract/routing/evaluation.ts';

export interface ScoredPrompt {
  readonly expected: string | null;
  /** The route with the highest score. */
  readonly best: string | null;
  readonly score: number;
}

const thresholds = Array.from({ length: 20 }, (_, index) => index / 20);
const binCount = 10;

/** At one threshold for all routes: share of the routes' prompts taken, how many of those rightly, off-topic ones left. */
export function coverageOf(prompts: readonly ScoredPrompt[]): RoutingEvaluation['coverage'] {
  const ofRoutes = prompts.filter(({ expected }) => expected !== null);
  const offTopic = prompts.filter(({ expected }) => expected === null);
  return thresholds.map((threshold) => {
    const taken = ofRoutes.filter(({ score }) => score >= threshold);
    const right = taken.filter(({ expected, best }) => expected === best);
    const left = offTopic.filter(({ score }) => score < threshold);
    return {
      threshold,
      coverage: share(taken.length, ofRoutes.length),
      accuracy: share(right.length, taken.length),
      offTopicAbstained: share(left.length, offTopic.length),
    };
  });
}

/** Expected calibration error over ten bins of equal width; an off-topic prompt is never rightly taken. */
export function calibrationOf(prompts: readonly ScoredPrompt[]): RoutingEvaluation['calibration'] {
  const bins = Array.from({ length: binCount }, () => ({ score: 0, right: 0, count: 0 }));
  for (const { expected, best, score } of prompts) {
    const bin = bins[Math.min(binCount - 1, Math.floor(score * binCount))];
    if (bin === undefined) continue;
    bin.count++;
    bin.score += score;
    if (expected !== null && expected === best) bin.right++;
  }
  const filled = bins
    .filter(({ count }) => count > 0)
    .map(({ score, right, count }) => ({ score: score / count, right: right / count, count }));
  const error = filled.reduce(
    (sum, { score, right, count }) => sum + (Math.abs(score - right) * count) / prompts.length,
    0,
  );
  return { error, bins: filled };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
