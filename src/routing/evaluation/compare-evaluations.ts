// Two routers on the same prompts, in pairs: only prompts that one of them gets right and the other wrong tell them apart
// (McNemar's exact test), so a difference shows with far fewer prompts than two separate intervals would need.
import type { RoutingEvaluation } from '#src/contract/routing/evaluation.ts';
import { mcNemar } from '#src/evaluation/tasks/compare-tasks.ts';

export interface PairedPrompt {
  readonly text: string;
  readonly expected: string | null;
  readonly first: string | null;
  readonly second: string | null;
}

export interface EvaluationComparison {
  /** Prompts that both were asked. */
  readonly prompts: number;
  readonly bothRight: number;
  readonly onlyFirstRight: number;
  readonly onlySecondRight: number;
  readonly bothWrong: number;
  /** Two-sided exact p value that neither is better. */
  readonly pValue: number;
  /** Prompts that they decided differently. */
  readonly differences: readonly PairedPrompt[];
}

/** Leaving an off-topic prompt to the fallback is right. */
export function compareEvaluations(
  first: RoutingEvaluation,
  second: RoutingEvaluation,
): EvaluationComparison {
  const others = new Map(second.prompts.map((prompt) => [prompt.text, prompt]));
  const pairs = first.prompts.flatMap(({ text, expected, decided }): PairedPrompt[] => {
    const other = others.get(text);
    return other?.expected !== expected
      ? []
      : [{ text, expected, first: decided, second: other.decided }];
  });
  const count = (isFirst: boolean, isSecond: boolean) =>
    pairs.filter(
      (pair) =>
        (pair.first === pair.expected) === isFirst && (pair.second === pair.expected) === isSecond,
    ).length;
  const onlyFirstRight = count(true, false);
  const onlySecondRight = count(false, true);
  return {
    prompts: pairs.length,
    bothRight: count(true, true),
    onlyFirstRight,
    onlySecondRight,
    bothWrong: count(false, false),
    pValue: mcNemar(onlyFirstRight, onlySecondRight),
    differences: pairs.filter(({ first: one, second: two }) => one !== two),
  };
}
