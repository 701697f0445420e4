// Memory and GPUs for the status bar, every two seconds while a window is open. Loads nothing for it: GPUs are known once
// the engine runs.
import type { Meter } from '#src/contract/studio/state.ts';
import { measureMemory } from './measure-memory.ts';
import type { StudioParts } from './studio-parts.ts';

const interval = 2000;
/** An engine that is busy in native code answers late; the bar then shows what it knew. */
const patience = 1500;

/** A window that is loaded again is back in seconds; a closed browser tab is not. */
const aloneFor = 120_000;

export interface RunningMeter {
  measure(): Promise<Meter>;
  stop(): void;
}

/** Starts the ticks; `onTick` runs with each, for what is looked at as often. */
export function startMeter({ hosts, watchers }: StudioParts, onTick: () => void): RunningMeter {
  let gpu: Pick<Meter, 'gpus' | 'gpu'> = { gpus: [] };
  let asking = false;
  const askEngine = async () => {
    if (hosts.engine.state.state !== 'running') {
      gpu = { gpus: [] };
      return;
    }
    if (asking) return;
    asking = true;
    try {
      const answer = await hosts.engine.call('measureMemory', {});
      gpu = {
        gpus: answer.devices,
        ...(answer.gpu === undefined ? {} : { gpu: answer.gpu }),
      };
    } catch {
      // The host's own state tells what happened to it.
    } finally {
      asking = false;
    }
  };
  const measure = async (): Promise<Meter> => {
    await Promise.race([askEngine(), delay(patience)]);
    return { ...(await measureMemory()), ...gpu };
  };
  let ticksAlone = 0;
  const timer = setInterval(() => {
    ticksAlone = watchers.count === 0 ? ticksAlone + 1 : 0;
    // Nobody looks any more: what chats hold in memory is given back. The next prompt loads it again.
    if (ticksAlone * interval === aloneFor) void hosts.engine.dispose().catch(() => undefined);
    if (watchers.count === 0) return;
    void measure().then((meter) => watchers.send({ event: 'meter', meter }));
    onTick();
  }, interval);
  timer.unref();
  return { measure, stop: () => clearInterval(timer) };
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds).unref());
}
