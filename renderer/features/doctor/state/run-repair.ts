// Plans a repair and carries it out: the plan is made anew whenever what it may draw from changes, the repair writes one new
// file beside the damaged one.
import { describeError } from '#renderer/ui/describe-error.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { plannedChoice } from '../logic/plan-choice.ts';
import { useDoctor, type PlanState, type RepairState } from './doctor-store.ts';
import { followSight } from './follow-sight.ts';

let planning: AbortController | undefined;
let repairing: AbortController | undefined;

/** What both calls name: the file and what it may be repaired from. */
function subjectParams() {
  const { subject, source, sibling, folders } = useDoctor.getState();
  if (subject === undefined) return undefined;
  return {
    file: subject.id,
    ...(source === undefined ? {} : { source: source.id }),
    ...(sibling === undefined ? {} : { sibling: sibling.id }),
    ...(folders.length === 0 ? {} : { folders: folders.map(({ id }) => id) }),
  };
}

export async function planRepair(): Promise<void> {
  const params = subjectParams();
  if (params === undefined) return;
  planning?.abort();
  const controller = new AbortController();
  planning = controller;
  const begun: PlanState = {
    state: 'running',
    sight: undefined,
    chosen: new Set(),
    shown: undefined,
  };
  useDoctor.setState({ plan: begun, repair: undefined });
  const change = (changes: Partial<PlanState>) => {
    if (planning !== controller) return;
    useDoctor.setState(({ plan }) => (plan === undefined ? {} : { plan: { ...plan, ...changes } }));
  };
  const follower = followSight([], ({ sight }) => change({ sight }));
  try {
    const plan = await studio().call('planRepair', params, {
      signal: controller.signal,
      onEvent: follower.take,
    });
    follower.stop();
    change({
      state: 'done',
      sight: undefined,
      plan,
      chosen: plannedChoice(plan),
      shown: plan.steps[0]?.id,
    });
  } catch (error) {
    follower.stop();
    if (planning !== controller) return;
    if (describeError(error) === undefined) useDoctor.setState({ plan: undefined });
    else change({ state: 'failed', sight: undefined, error });
  } finally {
    if (planning === controller) planning = undefined;
  }
}

export function cancelPlan(): void {
  planning?.abort();
}

export async function repairFile(): Promise<void> {
  const params = subjectParams();
  const { plan: planned } = useDoctor.getState();
  if (params === undefined || planned?.plan === undefined || repairing !== undefined) return;
  const { plan, chosen } = planned;
  const controller = new AbortController();
  repairing = controller;
  const begun: RepairState = { state: 'running', sight: undefined };
  useDoctor.setState({ repair: begun, panel: 'report' });
  const subject = useDoctor.getState().subject;
  const change = (changes: Partial<RepairState>) =>
    useDoctor.setState((store) =>
      // Another file may be on the table by now.
      store.subject?.id !== subject?.id
        ? {}
        : { repair: { ...(store.repair ?? begun), ...changes } },
    );
  const follower = followSight([], ({ sight }) => change({ sight }));
  try {
    const { report, output } = await studio().call(
      'repair',
      {
        ...params,
        bytes: plan.bytes,
        modified: plan.modified,
        // In the order of the plan, whatever the order of the clicks.
        steps: plan.steps.filter(({ id }) => chosen.has(id)).map(({ id }) => id),
      },
      { signal: controller.signal, onEvent: follower.take },
    );
    follower.stop();
    change({ state: 'done', sight: undefined, report, output });
  } catch (error) {
    follower.stop();
    const isStopped = describeError(error) === undefined;
    change({
      state: isStopped ? 'stopped' : 'failed',
      sight: undefined,
      ...(isStopped ? {} : { error }),
    });
  } finally {
    repairing = undefined;
  }
}

export function cancelRepair(): void {
  repairing?.abort();
}
