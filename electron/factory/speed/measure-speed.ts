// Times one file in a process that does nothing else: llama-bench's protocol (a warm-up first, random tokens, an empty context
// before each run), repeated loads, and the memory that all of it took.
import type { Speed, Timing } from '#src/contract/quality/measurements.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { invariant } from '#src/errors/assert.ts';
import type { DeviceInfo, LlamaLibrary } from '../ffi/llama-library.types.ts';
import { memoryNow, peakMemory } from './process-memory.ts';
import { TimedModel, type TimedModelOptions } from './timed-model.ts';

export interface SpeedRequest extends TimedModelOptions {
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly runs: number;
}

/** Steps of a file's progress: a warm-up, and each run's load, prompt and answer. */
export function speedSteps(runs: number): number {
  return 1 + 3 * runs;
}

/** Throws what loading the model throws, and `signal.reason`. */
export async function measureSpeed(
  library: LlamaLibrary,
  request: SpeedRequest,
  { signal, emit }: { readonly signal: AbortSignal; readonly emit: EventSink },
): Promise<Omit<Speed, 'subject'>> {
  const { runs, promptTokens, generatedTokens, threads, gpuLayers, label } = request;
  library.devices.loadBackends();
  if (gpuLayers > 0) library.devices.loadGpuBackends();
  const video = watchVideoMemory(library, gpuLayers);
  const processRamBytes = memoryNow();

  let done = 0;
  const step = (detail: string) => {
    video.look();
    const total = speedSteps(runs);
    emit({ event: 'progress', done: ++done, total, unit: 'steps', detail: `${label}: ${detail}` });
  };
  // The first load reads the file into the page cache; the timed ones find it there.
  (await TimedModel.load(library, request, signal)).dispose();
  const loads: number[] = [];
  let model: TimedModel | undefined;
  try {
    for (let run = 0; run < runs; run++) {
      signal.throwIfAborted();
      model?.dispose();
      model = undefined;
      const start = performance.now();
      model = await TimedModel.load(library, request, signal);
      loads.push((performance.now() - start) / 1000);
      step('load');
    }
    invariant(model !== undefined, 'there is at least one run');
    await model.readPrompt(promptTokens);
    await model.generate(1);
    step('warm-up');
    const prompts: number[] = [];
    const firstTokens: number[] = [];
    for (let run = 0; run < runs; run++) {
      const { computed, firstToken } = await model.readPrompt(promptTokens);
      prompts.push(promptTokens / computed);
      firstTokens.push(firstToken);
      step('prompt');
    }
    const answers: number[] = [];
    for (let run = 0; run < runs; run++) {
      answers.push(generatedTokens / (await model.generate(generatedTokens)));
      step('generation');
    }
    const peakVramBytes = video.peakBytes();
    return {
      runs,
      threads,
      device: video.device,
      gpuLayers,
      loadSeconds: timingOf(loads),
      promptTokens,
      promptTokensPerSecond: timingOf(prompts),
      generatedTokens,
      generationTokensPerSecond: timingOf(answers),
      firstTokenSeconds: timingOf(firstTokens),
      peakRamBytes: peakMemory(),
      processRamBytes,
      ...(peakVramBytes === undefined ? {} : { peakVramBytes }),
    };
  } finally {
    model?.dispose();
  }
}

export function timingOf(values: readonly number[]): Timing {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
  return { median, low: sorted[0]!, high: sorted.at(-1)! };
}

interface VideoMemory {
  /** `CPU`, `CUDA0`, `CUDA0, CUDA1`. */
  readonly device: string;
  look(): void;
  /** The most that was taken of the cards' memory since the beginning; undefined on the processor. */
  peakBytes(): number | undefined;
}

/** What the cards lack against the beginning. Other programs that take or give back meanwhile are counted too. */
function watchVideoMemory({ devices }: LlamaLibrary, gpuLayers: number): VideoMemory {
  const isCard = ({ kind }: DeviceInfo) => kind === 'gpu' || kind === 'integrated-gpu';
  const cards = gpuLayers > 0 ? devices.list().filter(isCard) : [];
  if (cards.length === 0) {
    return { device: 'CPU', look: () => undefined, peakBytes: () => undefined };
  }
  const free = () =>
    devices
      .list()
      .filter(isCard)
      .reduce((sum, { freeBytes }) => sum + freeBytes, 0);
  const before = free();
  let peak = 0;
  return {
    device: cards.map(({ name }) => name).join(', '),
    look: () => void (peak = Math.max(peak, before - free())),
    peakBytes: () => peak,
  };
}
