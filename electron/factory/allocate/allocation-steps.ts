// An allocation in steps, so that its job tells what is done and what is still to come: a large model takes hours.
import type { AllocateParams } from '#src/contract/quality/allocate.ts';
import type { EventSink } from '#src/contract/stage-events.ts';

export type AllocationStep = 'Rounding errors' | 'Probes' | 'Search' | 'Proof' | 'Output';

export interface AllocationSteps {
  /** Tells that the step runs, then that it is done, or that it failed. */
  during<Result>(step: AllocationStep, work: () => Promise<Result>): Promise<Result>;
  /** Within a step. */
  report(step: AllocationStep, done: number, total: number): void;
}

/** Announces the steps that these params have. */
export function allocationSteps(
  { probe, moves, budget }: Pick<AllocateParams, 'probe' | 'moves' | 'budget'>,
  emit: EventSink,
): AllocationSteps {
  const isSearched = moves > 0 || budget.kind === 'kld';
  const known: AllocationStep[] = [
    'Rounding errors',
    ...(probe ? (['Probes'] as const) : []),
    ...(isSearched ? (['Search'] as const) : []),
    'Proof',
    'Output',
  ];
  for (const node of known) emit({ event: 'step', node, state: 'waiting' });
  return {
    async during(node, work) {
      if (!known.includes(node)) return work();
      emit({ event: 'step', node, state: 'running' });
      try {
        const result = await work();
        emit({ event: 'step', node, state: 'done' });
        return result;
      } catch (error) {
        emit({ event: 'step', node, state: 'failed' });
        throw error;
      }
    },
    report(node, done, total) {
      emit({ event: 'step', node, state: 'running', done, total });
    },
  };
}
