// Times files one after another, each in a process of its own: what one file leaves behind would change the next one's figures,
// and a process's peak memory never falls.
import type { BenchSpeedParams } from '#src/contract/quality/speed.ts';
import type { Speed } from '#src/contract/quality/measurements.ts';
import type { SubjectRequest } from '#src/contract/quality/subjects.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { openHost } from '#src/io/open-host.ts';
import { openGenerator, type Generator } from '../subjects/open-generator.ts';
import { speedSteps } from './measure-speed.ts';
import { speedContract } from './speed-contract.ts';

/**
 * Figures of every subject, in their order. Throws what `openGenerator` throws, `usage/invalid` for a test that does not fit
 * the trained context, `native/crashed` naming the file when its process dies, and `signal.reason`.
 */
export async function benchSpeed(
  params: BenchSpeedParams,
  { signal, emit }: { readonly signal: AbortSignal; readonly emit: EventSink },
): Promise<Speed[]> {
  const { subjects, runs, promptTokens, generatedTokens } = params;
  const longest = Math.max(promptTokens, generatedTokens);
  if (params.contextSize !== undefined && params.contextSize < longest) {
    throw new StudioError(
      'usage/invalid',
      `A context of ${params.contextSize} tokens does not hold the test of ${longest}.`,
      { hint: 'Give a larger context, or fewer tokens.' },
    );
  }
  // All of them before the first is timed: a wrong name is told now and not after an hour.
  const generators: Generator[] = [];
  for (const subject of subjects) generators.push(await openGenerator(subject, { signal, emit }));
  for (const generator of generators) refuseTooLong(generator, params);
  const speeds: Speed[] = [];
  const total = subjects.length * speedSteps(runs);
  for (const [index, generator] of generators.entries()) {
    const { subject } = generator;
    emit({ event: 'phase', phase: 'Timing', detail: subject.label });
    const offset = index * speedSteps(runs);
    const speed = await timeOne(generator, params, signal, (event) =>
      emit(event.event === 'progress' ? { ...event, done: event.done + offset, total } : event),
    );
    emit({ event: 'log', level: 'info', text: speedLine(subject, speed) });
    speeds.push(speed);
  }
  return speeds;
}

async function timeOne(
  { subject, path, bytes, adapters }: Generator,
  params: BenchSpeedParams,
  signal: AbortSignal,
  emit: EventSink,
): Promise<Speed> {
  const { promptTokens, generatedTokens, runs, gpuLayers } = params;
  const onLogLine = (text: string) => emit({ event: 'log', level: 'debug', text });
  const host = openHost(speedContract, {
    name: 'speed',
    onLogLine,
    // One thread calls llama.cpp, as in llama-bench: its own threads wait for one master, not for several.
    environment: { UV_THREADPOOL_SIZE: '1' },
  });
  // Native work does not stop by itself, and nothing of this process is to be kept.
  const kill = () => host.process?.kill();
  signal.addEventListener('abort', kill, { once: true });
  try {
    const speed = await host.call(
      'measureSpeed',
      {
        label: subject.label,
        path,
        adapters: [...adapters],
        promptTokens,
        generatedTokens,
        runs,
        contextSize: params.contextSize ?? Math.max(promptTokens, generatedTokens, 16),
        threads: params.threads ?? chooseThreads(bytes),
        gpuLayers,
      },
      { signal, onEvent: emit },
    );
    return { subject: subject.id, ...speed };
  } catch (error) {
    signal.throwIfAborted();
    throw nameFile(error, subject);
  } finally {
    signal.removeEventListener('abort', kill);
    await host.dispose(500);
  }
}

/** The process has no name that people know: the file has. */
function nameFile(error: unknown, { label, path }: SubjectRequest): unknown {
  if (!(error instanceof StudioError) || error.code !== 'native/crashed') return error;
  const { reason } = error.details;
  return new StudioError(
    'native/crashed',
    `The process that timed ${label} ended before it was done (${String(reason)}).`,
    {
      hint: 'Killed by the system it means that memory ran out: close other programs, or use a smaller file.',
      details: { ...error.details, path },
      cause: error,
    },
  );
}

function refuseTooLong({ subject, trainedContext }: Generator, params: BenchSpeedParams): void {
  const { promptTokens, generatedTokens } = params;
  if (trainedContext === undefined || Math.max(promptTokens, generatedTokens) <= trainedContext) {
    return;
  }
  const what =
    promptTokens >= generatedTokens
      ? `a prompt of ${promptTokens} tokens`
      : `${generatedTokens} generated tokens`;
  throw new StudioError(
    'usage/invalid',
    `${subject.label} was trained on ${trainedContext} tokens of context: ${what} cannot be timed.`,
    { hint: `Give -p and -n of at most ${trainedContext}.`, details: { path: subject.path } },
  );
}

/** For the job's log: what was measured stays known when a later file fails. */
function speedLine({ label }: SubjectRequest, speed: Speed): string {
  const { promptTokensPerSecond: prompt, generationTokensPerSecond: generation } = speed;
  return `${label}: prompt ${prompt.median.toFixed(1)} tokens/s, generation ${generation.median.toFixed(1)} tokens/s, peak RAM ${Math.round(speed.peakRamBytes / 1e6)} MB`;
}
