// Going on with an interrupted run: every journaled tensor is read back and compared with its hash before it is trusted.
import type { EventSink } from '#src/contract/stage-events.ts';
import type { TensorView } from '#src/model/model-view.ts';
import type { OutputSession } from './output-session.ts';
import { combinationFingerprint } from './shared-arrays.ts';

/** Takes over what earlier runs of the same plans finished. */
export async function reuseFinished(
  sessions: readonly OutputSession[],
  emit: EventSink,
  signal: AbortSignal,
): Promise<void> {
  const fingerprints = new Map<TensorView, string>();
  for (const session of sessions) {
    const { plan, file } = session;
    if (file.journaled.size === 0) continue;
    emit({ event: 'phase', phase: 'resume', detail: file.path });
    let reused = 0;
    for (const [index, { source, name }] of plan.tensors.entries()) {
      if (!file.journaled.has(name)) continue;
      let origin = fingerprints.get(source);
      if (origin === undefined) {
        // The factors of merged adapters are not part of the plan's key: they are compared here.
        const combination = await source.loadCombination?.(signal);
        origin = combination === undefined ? '' : combinationFingerprint(combination);
        fingerprints.set(source, origin);
      }
      if (await session.reuse(index, origin, signal)) reused++;
    }
    emit({
      event: 'notice',
      level: 'info',
      message: `${file.path}: going on with an interrupted run, ${reused} of ${plan.tensors.length} tensors are finished.`,
    });
  }
}
