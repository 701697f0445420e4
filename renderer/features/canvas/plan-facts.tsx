// What a build of the recipe in front needs, against what is free.
import { formatBytes, formatDuration } from '#src/text/format-number.ts';
import { formatClock } from '#src/text/format-clock.ts';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Skeleton } from '#renderer/ui/skeleton.tsx';
import { useCanvas } from './canvas-store.ts';
import css from './inspector.module.css';
import { planOf } from './node-state.ts';

export function PlanFacts() {
  const state = useCanvas(planOf);
  if (state?.error !== undefined && state.plan === undefined)
    return <ErrorNotice error={state.error} />;
  if (state?.plan === undefined) return <Skeleton label="Planning" />;
  const { plan, stale } = state;
  const current = plan.outputs.filter((output) => output.state === 'current').length;
  const resumable = plan.outputs.filter((output) => output.state === 'resumable').length;
  return (
    <>
      <dl className={css.facts} data-stale={stale || undefined}>
        <Fact name="writes" value={formatBytes(plan.writesBytes)} />
        <Fact name="reads" value={formatBytes(plan.readsBytes)} />
        {plan.disks.map((disk) => (
          <Fact
            key={disk.path}
            name={plan.disks.length === 1 ? 'free on disk' : `free on ${disk.path}`}
            value={formatBytes(disk.freeBytes)}
            short={disk.writesBytes > disk.freeBytes}
          />
        ))}
        <Fact name="peak memory" value={formatBytes(plan.peakMemoryBytes)} />
        <Fact
          name="free memory"
          value={formatBytes(plan.freeMemoryBytes)}
          short={plan.peakMemoryBytes > plan.freeMemoryBytes}
        />
        {(current > 0 || resumable > 0) && (
          <Fact
            name="in the cache"
            value={`${current} of ${plan.outputs.length}${resumable > 0 ? `, ${resumable} begun` : ''}`}
          />
        )}
        <Fact
          name="estimated"
          value={
            current === plan.outputs.length && current > 0
              ? 'nothing to build'
              : plan.estimatedSeconds === undefined
                ? 'not known yet'
                : plan.estimatedSeconds < 10
                  ? formatDuration(plan.estimatedSeconds)
                  : formatClock(plan.estimatedSeconds)
          }
        />
      </dl>
      {plan.disks.some((disk) => disk.writesBytes > disk.freeBytes) && (
        <p className={css.text}>There is not enough room on the disk for this build.</p>
      )}
      {plan.peakMemoryBytes > plan.freeMemoryBytes && (
        <p className={css.text}>This build needs more memory than is free now.</p>
      )}
      {state.error !== undefined && <ErrorNotice error={state.error} />}
    </>
  );
}

function Fact({ name, value, short = false }: { name: string; value: string; short?: boolean }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className={short ? `num ${css.short ?? ''}` : 'num'}>{value}</dd>
    </>
  );
}
