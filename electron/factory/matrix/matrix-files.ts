// The files that a matrix measures: one model at all levels, its source read once. Temporary ones are named after this process,
// so that `clean` removes what a killed one left; with a folder to keep them in, they are what `quantize` would have written.
import { randomUUID } from 'node:crypto';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '#src/contract/run-to-end.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { hashFile, rememberFileHash } from '#src/io/file-hash.ts';
import { makeFolder } from '#src/io/make-folder.ts';
import type { ModelView } from '#src/model/model-view.ts';
import type { Importance } from '#src/stages/quantize/importance.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import { planQuantizations } from '#src/stages/quantize/plan-quantization.ts';
import type { Level } from '#src/tensors/levels.ts';
import { nativeLibrary } from '../native-library.ts';
import { dryRunnerIn } from '../quantize/dry-runner.ts';
import { writeOutputs } from '../quantize/write-outputs.ts';
import { temporaryFolder } from '../temporary-folder.ts';

export interface LeveledFiles {
  /** One path per level, in their order. */
  readonly paths: readonly string[];
  /** Removes those that are temporary. */
  remove(): Promise<void>;
}

export interface LevelOptions {
  readonly levels: readonly Level[];
  readonly importance: Importance | undefined;
  /** Every file that the model is read from. */
  readonly inputs: readonly string[];
  /** Kept here as `<name>-<LEVEL>.gguf`. */
  readonly keep: string | undefined;
  readonly name: string;
  readonly threads: number | undefined;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}

/**
 * Writes a model at every level in one pass. A kept file that is there already must be the same one: it is made again beside
 * it and compared. Throws `output/exists` for another, `io/disk-full` before a byte is written, and what quantizing throws.
 */
export async function writeLevels(
  model: ModelView,
  { levels, importance, inputs, keep, name, threads, signal, emit }: LevelOptions,
): Promise<LeveledFiles> {
  // koffi registers no callback types once a worker thread that used it has ended: llama.cpp is opened before.
  const library = nativeLibrary();
  const openDryRun = dryRunnerIn(await temporaryFolder(), library);
  const requests = levels.map((level) => ({ level, options: { importance } }));
  const plans = await planQuantizations(model, requests, openDryRun);
  const files = await Promise.all(plans.map((plan) => placeOf(plan, name, keep)));
  const remove = async () => {
    const temporary = files.filter(({ isTemporary }) => isTemporary);
    const paths = temporary.flatMap(({ path }) => [path, `${path}.partial`]);
    await Promise.all(paths.map((path) => rm(path, { recursive: true, force: true })));
  };
  try {
    // Its own artifacts are nobody's files, its phases are parts of ours.
    const onEvent: EventSink = (event) => {
      if (event.event === 'progress' || event.event === 'notice') emit(event);
    };
    const outputs = files.map(({ path, plan }) => ({ path, plan }));
    const written = await runToEnd(writeOutputs(outputs, { inputs, threads, signal }), onEvent);
    const paths: string[] = [];
    for (const [index, { path, sha256 }] of written.entries()) {
      await rememberFileHash(path, sha256);
      const kept = files[index]?.kept;
      if (kept !== undefined) await requireSame(kept, sha256, signal);
      paths.push(kept ?? path);
    }
    return { paths, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

interface Place {
  readonly plan: OutputPlan;
  readonly path: string;
  readonly isTemporary: boolean;
  /** A file of that name which is there already. */
  readonly kept?: string;
}

async function placeOf(plan: OutputPlan, name: string, keep: string | undefined): Promise<Place> {
  if (keep !== undefined) {
    await makeFolder(keep);
    const path = join(keep, `${name}-${plan.label}.gguf`);
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (!isThere) return { plan, path, isTemporary: false };
    return { plan, path: await temporaryPath(plan), isTemporary: true, kept: path };
  }
  return { plan, path: await temporaryPath(plan), isTemporary: true };
}

async function temporaryPath({ label }: OutputPlan): Promise<string> {
  return join(await temporaryFolder(), `matrix-${process.pid}-${randomUUID()}-${label}.gguf`);
}

async function requireSame(path: string, sha256: string, signal: AbortSignal): Promise<void> {
  if ((await hashFile(path, { signal })) === sha256) return;
  throw new StudioError('output/exists', `${path} is there, and is not what the matrix makes.`, {
    hint: 'Keep the files of this matrix in another folder, or move that file away.',
  });
}
