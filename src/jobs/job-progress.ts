// From events to what a job says about itself: its phase, progress with the time left, where every node of the recipe
// stands, what was noticed. Pure but for the clock, so that every front shows the same.
import type { Job, JobStep } from '#src/contract/jobs.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { createRateMeter, type RateMeter } from './rate-meter.ts';

export type JobSight = Pick<Job, 'phase' | 'progress' | 'steps' | 'notices'>;

export interface JobProgress {
  /** Takes an event in; true when the sight changed. */
  take(event: StageEvent): boolean;
  sight(): JobSight;
}

/** More notices than anyone reads; the log has them all. */
const keptNotices = 200;

/** `now` gives seconds, rising. */
export function createJobProgress(now = () => performance.now() / 1000): JobProgress {
  let phase: string | undefined;
  let progress: Job['progress'];
  let meter = createRateMeter();
  const notices = new Set<string>();
  const steps = new Map<string, { step: JobStep; meter: RateMeter }>();

  const takeProgress = (event: Extract<StageEvent, { event: 'progress' }>) => {
    const { done, total, unit, detail, effort } = event;
    meter.record(effort?.done ?? done, effort?.total ?? total, now());
    progress = {
      done,
      total,
      unit,
      ...secondsLeftOf(meter),
      ...(detail === undefined ? {} : { detail }),
    };
  };
  const takeStep = (event: Extract<StageEvent, { event: 'step' }>) => {
    const { node, level, state, done, total, measured } = event;
    const key = `${node} ${level ?? ''}`;
    const known = steps.get(key) ?? { meter: createRateMeter() };
    if (done !== undefined && total !== undefined) known.meter.record(done, total, now());
    const step: JobStep = {
      node,
      ...(level === undefined ? {} : { level }),
      state,
      ...(done === undefined ? {} : { done }),
      ...(total === undefined ? {} : { total }),
      ...(state === 'running' ? secondsLeftOf(known.meter) : {}),
      ...(measured === undefined ? {} : { measured }),
    };
    steps.set(key, { step, meter: known.meter });
  };

  return {
    take(event) {
      switch (event.event) {
        case 'phase': {
          const text = event.detail === undefined ? event.phase : `${event.phase} ${event.detail}`;
          phase = text.charAt(0).toUpperCase() + text.slice(1);
          // What was measured belongs to the phase before.
          progress = undefined;
          meter = createRateMeter();
          return true;
        }
        case 'progress':
          takeProgress(event);
          return true;
        case 'step':
          takeStep(event);
          return true;
        case 'notice':
          if (notices.size >= keptNotices || notices.has(event.message)) return false;
          notices.add(event.message);
          return true;
        case 'log':
        case 'artifact':
          return false;
      }
    },
    sight: () => ({
      ...(phase === undefined ? {} : { phase }),
      ...(progress === undefined ? {} : { progress }),
      steps: [...steps.values()].map(({ step }) => step),
      notices: [...notices],
    }),
  };
}

function secondsLeftOf(meter: RateMeter): { secondsLeft?: number } {
  const secondsLeft = meter.secondsLeft();
  return secondsLeft === undefined ? {} : { secondsLeft };
}
