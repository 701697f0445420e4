// Temporary models of an allocation: written by the quantizer into the host's own folder, measured against the source by the
// same passes as `evaluate` (whose kept reference makes the source's own pass a single one), and removed.
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '#src/contract/run-to-end.ts';
import type { Estimate, Measurement } from '#src/contract/quality/measurements.ts';
import type { SubjectRequest, TextRequest } from '#src/contract/quality/subjects.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { journalPathOf, partialPathOf } from '#src/io/output-file.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import {
  measureSubjects,
  type MeasuredPass,
  type MeasuredSubjects,
} from '../evaluate/measure-subjects.ts';
import { nativeLibrary } from '../native-library.ts';
import { writeOutputs } from '../quantize/write-outputs.ts';
import { temporaryFolder } from '../temporary-folder.ts';

export interface Bench {
  /** The unquantized model: a GGUF or a folder. */
  readonly source: string;
  /** Files that are read, never written over. */
  readonly inputs: readonly string[];
  readonly contextSize: number;
  readonly threads: number | undefined;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}

export interface TemporaryFile {
  readonly plan: OutputPlan;
  readonly path: string;
}

/** Writes the plans in one pass over the source, runs `work`, and removes the files. Throws `io/disk-full` beforehand. */
export async function withTemporaryFiles<Result>(
  plans: readonly OutputPlan[],
  { inputs, threads, signal, emit }: Bench,
  work: (files: readonly TemporaryFile[]) => Promise<Result>,
): Promise<Result> {
  // Before the first row worker starts: see write-checked.ts.
  nativeLibrary();
  const folder = await temporaryFolder();
  const files = plans.map((plan) => ({
    plan,
    path: join(folder, `allocate-${process.pid}-${randomUUID()}.gguf`),
  }));
  try {
    const run = writeOutputs(files, { inputs, threads, signal });
    // They are nobody's files.
    await runToEnd(run, (event) => {
      if (event.event !== 'artifact') emit(event);
    });
    return await work(files);
  } finally {
    const leftovers = files.flatMap(({ path }) => [path, partialPathOf(path), journalPathOf(path)]);
    await Promise.all(leftovers.map((path) => rm(path, { force: true })));
  }
}

export interface FileToMeasure {
  readonly id: string;
  readonly label: string;
  readonly form: SubjectRequest['form'];
  readonly path: string;
}

export interface TextsToRead {
  readonly texts: readonly TextRequest[];
  /** Per text; all of them without it. */
  readonly chunks?: number | undefined;
}

/** Measurements by file id, one per text. */
export async function measureFiles(
  files: readonly FileToMeasure[],
  texts: TextsToRead,
  bench: Bench,
): Promise<ReadonlyMap<string, readonly Measurement[]>> {
  const { measurements } = await measureAgainstSource(files, texts, bench);
  return new Map(files.map(({ id }) => [id, measurementsOf(id, measurements)]));
}

export function measurementsOf(
  id: string,
  measurements: readonly Measurement[],
): readonly Measurement[] {
  return measurements.filter(({ subject }) => subject === id);
}

/** The same with all that a run says of it. */
export function measureAgainstSource(
  files: readonly FileToMeasure[],
  { texts, chunks }: TextsToRead,
  { source, contextSize, threads, signal, emit }: Bench,
  onMeasured?: (pass: MeasuredPass) => Promise<void>,
): Promise<MeasuredSubjects> {
  return measureSubjects({
    reference: { path: source, adapters: [] },
    subjects: files.map((file) => ({ ...file, adapters: [] })),
    texts,
    contextSize,
    chunks,
    mode: 'reference',
    threads,
    signal,
    emit,
    onMeasured,
  });
}

/** Mean over texts, each weighing the same however long it is, as rankings have it. */
export function meanKld(measurements: readonly Measurement[]): Estimate {
  const means = measurements.map(({ kld }) => kld.mean);
  const count = Math.max(1, means.length);
  return {
    value: means.reduce((sum, { value }) => sum + value, 0) / count,
    error: Math.sqrt(means.reduce((sum, { error }) => sum + error * error, 0)) / count,
  };
}
