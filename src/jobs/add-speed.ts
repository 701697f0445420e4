// Speed and memory of what an evaluation measured, added to its run: timed after the quality passes, when nothing else computes.
import type { EvaluateParams, EvaluateResult } from '#src/contract/quality/evaluate.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { isAbort, StudioError } from '#src/errors/studio-error.ts';
import { writeFileAtomically } from '#src/io/write-file-atomically.ts';
import type { CallFactory } from './call-factory.ts';

/**
 * Times every subject of a run and writes run.json again. A failure is told and leaves the run as it was; so does a cancel:
 * what was measured is whole by then, and the job is done without its speed.
 */
export async function addSpeed(
  { path, run }: EvaluateResult,
  { subjects, threads, gpuLayers }: EvaluateParams,
  call: CallFactory,
  options: { readonly signal: AbortSignal; readonly onEvent: EventSink },
): Promise<void> {
  try {
    const asked = {
      subjects,
      gpuLayers,
      ...(threads === undefined ? {} : { threads }),
      promptTokens: 512,
      generatedTokens: 128,
      runs: 5,
    };
    const { speed } = await call('benchSpeed', asked, options);
    await writeFileAtomically(path, `${JSON.stringify({ ...run, speed })}\n`);
  } catch (error) {
    const isCancelled = options.signal.aborted || isAbort(error);
    if (!isCancelled && !(error instanceof StudioError)) throw error;
    const reason = isCancelled ? 'it was cancelled.' : (error as StudioError).message;
    const message = `Speed was not measured: ${reason}`;
    options.onEvent({ event: 'notice', level: 'warning', message });
  }
}
