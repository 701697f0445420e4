// What a job says about each node: state, progress and time left, and the same per level. Pure.
import type { Job, JobStep } from '#src/contract/jobs.ts';
import type { MeasuredNode } from '#src/contract/measured-node.ts';

export interface Progress {
  readonly state: JobStep['state'];
  readonly done: number | undefined;
  readonly total: number | undefined;
  readonly secondsLeft: number | undefined;
}

export interface NodeRun extends Progress {
  /** By level, for a quantize step. */
  readonly levels: Readonly<Record<string, Progress>>;
  /** Of an evaluate step that has measured. */
  readonly measured?: MeasuredNode | undefined;
}

/** A job that has not ended. */
export function isActive(job: Job): boolean {
  return job.state === 'queued' || job.state === 'running';
}

/** Every node of a job's steps; nodes that did not change keep their identity. */
export function nodeRuns(
  job: Job,
  before: ReadonlyMap<string, NodeRun> = new Map(),
): ReadonlyMap<string, NodeRun> {
  const byNode = new Map<string, JobStep[]>();
  for (const step of job.steps) {
    const steps = byNode.get(step.node);
    if (steps === undefined) byNode.set(step.node, [step]);
    else steps.push(step);
  }
  const result = new Map<string, NodeRun>();
  let changed = byNode.size !== before.size;
  for (const [id, steps] of byNode) {
    const run = nodeRun(steps);
    const known = before.get(id);
    const same = known !== undefined && JSON.stringify(known) === JSON.stringify(run);
    result.set(id, same ? known : run);
    changed ||= !same;
  }
  return changed ? result : before;
}

function nodeRun(steps: readonly JobStep[]): NodeRun {
  const levels = Object.fromEntries(
    steps.flatMap((step) => (step.level === undefined ? [] : [[step.level, progressOf(step)]])),
  );
  const whole = steps.find((step) => step.level === undefined);
  const progress = whole === undefined ? joined(steps) : progressOf(whole);
  const measured = whole?.measured;
  return { ...progress, levels, ...(measured === undefined ? {} : { measured }) };
}

function progressOf({ state, done, total, secondsLeft }: JobStep): Progress {
  return { state, done, total, secondsLeft };
}

/** A node of which only the levels are told: running while one is, done when all are. */
function joined(steps: readonly JobStep[]): Progress {
  const states = steps.map(({ state }) => state);
  const state: JobStep['state'] = states.includes('failed')
    ? 'failed'
    : states.includes('running')
      ? 'running'
      : states.every((one) => one === 'reused')
        ? 'reused'
        : states.every((one) => one === 'done' || one === 'reused')
          ? 'done'
          : states.some((one) => one === 'done' || one === 'reused')
            ? 'running'
            : 'waiting';
  const sum = (pick: (step: JobStep) => number | undefined): number | undefined => {
    const values = steps.map(pick).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0);
  };
  const left = steps.flatMap(({ secondsLeft }) => secondsLeft ?? []);
  return {
    state,
    done: sum((step) => step.done),
    total: sum((step) => step.total),
    secondsLeft: left.length === 0 ? undefined : Math.max(...left),
  };
}

/** The share that is done, 0 to 1; undefined when nobody knows. */
export function shareOf({ state, done, total }: Progress): number | undefined {
  if (state === 'done' || state === 'reused') return 1;
  if (done === undefined || total === undefined || total <= 0) return undefined;
  return Math.min(1, Math.max(0, done / total));
}
