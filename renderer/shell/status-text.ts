// The words of the status bar, made from the studio's state. Pure, so that they can be read in a test.
import type { Job } from '#src/contract/jobs.ts';
import type { HostState, Meter } from '#src/contract/studio/state.ts';
import { formatBytes, formatDuration } from '#src/text/format-number.ts';

const engineWords: Readonly<Record<HostState['state'], string>> = {
  idle: 'Engine asleep',
  starting: 'Engine starting',
  running: 'Engine ready',
  crashed: 'Engine stopped',
};

export function engineText(engine: HostState): string {
  return engineWords[engine.state];
}

/** `Vulkan · 9.8 / 12.0 GB`; `processor only` without a GPU. */
export function gpuText(meter: Meter): string {
  const gpu = meter.gpus[0];
  if (gpu === undefined || meter.gpu === false) return 'none, CPU';
  const used = usedOf(gpu.totalBytes - gpu.freeBytes, gpu.totalBytes);
  const others = meter.gpus.length > 1 ? ` +${meter.gpus.length - 1}` : '';
  return `${gpu.name}${others} · ${used}`;
}

/** `6.1 / 24.0 GB`. */
export function memoryText(meter: Meter): string {
  return usedOf(meter.memoryBytes - meter.freeMemoryBytes, meter.memoryBytes);
}

function usedOf(used: number, total: number): string {
  const [usedNumber = '', usedUnit] = formatBytes(used).split(' ');
  const [, totalUnit] = formatBytes(total).split(' ');
  return usedUnit === totalUnit
    ? `${usedNumber} / ${formatBytes(total)}`
    : `${formatBytes(used)} / ${formatBytes(total)}`;
}

export interface JobsText {
  readonly text: string;
  /** Time left of the running job that needs longest, when it is known. */
  readonly left: string | undefined;
}

export function jobsText(jobs: readonly Job[]): JobsText {
  const running = jobs.filter(({ state }) => state === 'running');
  const queued = jobs.filter(({ state }) => state === 'queued').length;
  const waiting = queued === 0 ? '' : `, ${queued} queued`;
  if (running.length === 0) {
    return {
      text: queued === 0 ? 'No jobs running' : `${queued} ${queued === 1 ? 'job' : 'jobs'} queued`,
      left: undefined,
    };
  }
  const left = Math.max(...running.map(({ progress }) => progress?.secondsLeft ?? -1));
  return {
    text: `${running.length} ${running.length === 1 ? 'job' : 'jobs'} running${waiting}`,
    left: left < 0 ? undefined : formatDuration(left),
  };
}
