// Runs a stage and hands its events to a sink: where a result is wanted and nobody iterates.
import type { EventSink, StageRun } from './stage-events.ts';

/** Drains a run; gives its result. */
export async function runToEnd<Output>(run: StageRun<Output>, emit: EventSink): Promise<Output> {
  for (;;) {
    const step = await run.next();
    if (step.done === true) return step.value;
    emit(step.value);
  }
}
