// Which steps of a repair are taken, and what that means for the findings: pure, so that the plan's footer always says the truth.
import type { RepairPlan, RepairReport, RepairStep, Trust } from '#src/contract/doctor/repair.ts';

export type ChosenSteps = ReadonlySet<string>;

/** As planned: everything that can be done without loss. */
export function plannedChoice({ steps }: Pick<RepairPlan, 'steps'>): ChosenSteps {
  return new Set(
    steps
      .filter(({ chosen, impossible }) => chosen && impossible === undefined)
      .map(({ id }) => id),
  );
}

export function toggleStep(chosen: ChosenSteps, { id, impossible }: RepairStep): ChosenSteps {
  if (impossible !== undefined) return chosen;
  const next = new Set(chosen);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** Every step that is possible, or none. */
export function chooseAll({ steps }: Pick<RepairPlan, 'steps'>, all: boolean): ChosenSteps {
  return new Set(
    all ? steps.filter((step) => step.impossible === undefined).map(({ id }) => id) : [],
  );
}

export interface ChoiceSummary {
  readonly steps: number;
  readonly possible: number;
  /** Findings that the chosen steps put right. */
  readonly settled: number;
  /** Findings that stay, for whatever reason. */
  readonly open: number;
  /** Bytes to be read from sources. */
  readonly readBytes: number;
  /** The least that any chosen step can be trusted for; undefined when none is chosen. */
  readonly leastTrust: Trust | undefined;
}

const trustOrder: readonly Trust[] = ['edited', 'exact', 'derived', 'approximate', 'lost'];

export function summariseChoice(plan: RepairPlan, chosen: ChosenSteps): ChoiceSummary {
  const settled = new Set<string>();
  let readBytes = 0;
  let least = -1;
  let taken = 0;
  for (const step of plan.steps) {
    if (!chosen.has(step.id)) continue;
    taken++;
    for (const finding of step.findings) settled.add(finding);
    readBytes += step.readBytes ?? 0;
    least = Math.max(least, trustOrder.indexOf(step.trust));
  }
  const acting = plan.diagnosis.findings.filter(({ severity }) => severity !== 'info');
  return {
    steps: taken,
    possible: plan.steps.filter(({ impossible }) => impossible === undefined).length,
    settled: settled.size,
    open: acting.filter(({ id }) => !settled.has(id)).length,
    readBytes,
    leastTrust: least < 0 ? undefined : trustOrder[least],
  };
}

/** How many parts of a report can be trusted for what, most trusted first. */
export function partsByTrust({ parts }: Pick<RepairReport, 'parts'>): readonly {
  readonly trust: Trust;
  readonly count: number;
}[] {
  return (['exact', 'derived', 'edited', 'approximate', 'lost'] as const)
    .map((trust) => ({ trust, count: parts.filter((part) => part.trust === trust).length }))
    .filter(({ count }) => count > 0);
}
