// Evaluate steps while a recipe is built. A file with a gate is measured before it gets its name, so that none that fails ever
// has it; afterwards each step's figures are written as a run, which reads the chunks that are there. A run of the same files
// and texts is found again by its key, and nothing is measured.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { MeasuredNode } from '#src/contract/measured-node.ts';
import type { Measurement } from '#src/contract/quality/measurements.ts';
import { runSchema, type Run } from '#src/contract/quality/run.ts';
import type { TextRequest } from '#src/contract/quality/subjects.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { hashFile, rememberFileHash } from '#src/io/file-hash.ts';
import { makeFolder } from '#src/io/make-folder.ts';
import type { RecordStore } from '#src/io/record-store-file.ts';
import { measurementsFolderName } from '#src/io/run-store.ts';
import { rememberThroughput } from '#src/io/throughput-file.ts';
import { findWorkspace } from '#src/io/workspace.ts';
import type { PlannedOutput, RecipePlan } from '#src/recipe/plan.ts';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';
import { ownerOf, type BuildSteps } from './build-steps.ts';
import {
  checkGateHasText,
  figuresOf,
  gateError,
  hasGate,
  measuredNode,
  type NamedMeasurement,
} from './check-gate.ts';
import { collectedMatrices, readCalibrationTexts } from './collected-matrices.ts';
import {
  evaluationKey,
  groupsOf,
  nameSubjects,
  type NamedSubject,
  type PathOf,
} from './evaluation-subjects.ts';
import { readEvaluationTexts, refuseOverlap, type EvaluationTexts } from './evaluation-texts.ts';
import { measuringWork, unitsOf } from './measuring-work.ts';
import { sourceOf } from './open-model.ts';
import type { FactoryPorts, MeasureSettings } from './ports.ts';
import type { RecipeSources } from './recipe-sources.ts';
import type { UnquantizedSources } from './unquantized-source.ts';

/** An evaluate step whose texts were found. */
export interface PreparedEvaluation {
  readonly node: NodeOf<'evaluate'>;
  readonly named: readonly NamedSubject[];
  readonly texts: EvaluationTexts;
}

/** Where runs of a recipe's measurements go, and where its suites are looked for first. */
export async function measurementsHome(folder: string): Promise<string> {
  return (await findWorkspace(folder))?.folder ?? folder;
}

/**
 * Finds the texts of every step before anything is computed. Throws `evaluation/unknown-suite`, `evaluation/overlap`, and
 * I/O errors.
 */
export async function prepareEvaluations(
  plan: RecipePlan,
  folder: string,
  steps: Pick<BuildSteps, 'blame'>,
  signal: AbortSignal,
): Promise<PreparedEvaluation[]> {
  if (plan.evaluations.length === 0) return [];
  const home = await measurementsHome(folder);
  const calibration: TextRequest[] = [];
  for (const { node } of collectedMatrices(plan.passes)) {
    const { texts } = await steps.blame([{ node: node.id }], () =>
      readCalibrationTexts(node, folder, signal),
    );
    calibration.push(...texts);
  }
  const prepared: PreparedEvaluation[] = [];
  for (const evaluation of plan.evaluations) {
    const { node } = evaluation;
    const texts = await steps.blame([{ node: node.id }], async () => {
      const found = await readEvaluationTexts(node.suites, home, signal);
      checkGateHasText(node, found);
      await refuseOverlap(found.texts, calibration);
      return found;
    });
    prepared.push({ node, named: nameSubjects(evaluation), texts });
  }
  return prepared;
}

export interface EvaluationContext {
  readonly ports: FactoryPorts;
  /** Absolute folder where the recipe's relative paths start. */
  readonly folder: string;
  /** What runs are called after. */
  readonly title: string;
  readonly sources: RecipeSources;
  readonly unquantized: UnquantizedSources;
  readonly store: RecordStore;
  readonly steps: BuildSteps;
  readonly threads: number | undefined;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
}

/** A file where it lies now: under its name, or as the rejected one. */
export interface PlacedFile {
  readonly path: string;
  readonly sha256: string;
}

/** Throws `evaluation/gate` for a finished file without a name that does not pass, and what measuring throws. */
export async function passGates(
  prepared: readonly PreparedEvaluation[],
  output: PlannedOutput,
  partial: { readonly path: string; readonly sha256: string | undefined },
  context: EvaluationContext,
  signal: AbortSignal,
): Promise<void> {
  for (const { node, named, texts } of prepared) {
    const own = named.filter(({ subject }) => subject.output === output);
    const [first] = own;
    if (!hasGate(node) || first === undefined) continue;
    // The step that made the file failed as well: its file was refused.
    const blamed = [{ node: node.id }, ownerOf(first.subject.pass, output)];
    await context.steps.blame(blamed, async () => {
      if (partial.sha256 !== undefined) await rememberFileHash(partial.path, partial.sha256);
      const before = named.indexOf(first);
      const progress = stepProgress(node, context.steps, named.length, before, own.length);
      const groups = await groupsOf(own, () => partial.path, context.unquantized);
      const settings = settingsOf(node, texts, { ...context, signal });
      const found: NamedMeasurement[] = [];
      for (const [index, group] of groups.entries()) {
        const timed = timeWork(own, settings, context);
        const measurements = await context.ports.measure(group, {
          ...settings,
          onChunk: (done, total) => {
            timed.onChunk();
            progress((index + done / total) / groups.length);
          },
        });
        await timed.remember();
        found.push(...nameMeasurements(measurements, own, texts));
      }
      const error = gateError(node, figuresOf(found, node));
      if (error !== undefined) throw error;
    });
  }
}

export interface Evaluated {
  readonly measured: readonly MeasuredNode[];
  /** The first gate that a file did not pass. */
  readonly failure: StudioError | undefined;
}

/** Writes the run of every step, or finds it again. Throws what measuring throws. */
export async function writeRuns(
  prepared: readonly PreparedEvaluation[],
  placed: ReadonlyMap<PlannedOutput, PlacedFile>,
  context: EvaluationContext,
): Promise<Evaluated> {
  const measured: MeasuredNode[] = [];
  let failure: StudioError | undefined;
  for (const evaluation of prepared) {
    const { node, texts, named } = evaluation;
    // A file that something else refused is not there to be measured.
    if (!named.every(({ subject }) => placed.has(subject.output))) continue;
    const found = await context.steps.blame([{ node: node.id }], () =>
      provideRun(evaluation, placed, context),
    );
    const names = nameMeasurements(found.run.measurements, named, texts);
    const figures = figuresOf(names, node);
    const told = measuredNode(node, figures, {
      id: found.run.id,
      path: found.path,
      reused: found.reused,
    });
    context.steps.measured(told);
    const text = `${node.label ?? node.id}: ${found.reused ? 'measured before' : 'measured'}, ${found.path}`;
    context.emit({ event: 'log', level: 'info', text });
    measured.push(told);
    failure ??= gateError(node, figures);
  }
  return { measured, failure };
}

async function provideRun(
  { node, named, texts }: PreparedEvaluation,
  placed: ReadonlyMap<PlannedOutput, PlacedFile>,
  context: EvaluationContext,
): Promise<{ path: string; run: Run; reused: boolean }> {
  const { ports, store, sources, signal } = context;
  const fileOf = (output: PlannedOutput) => {
    const file = placed.get(output);
    if (file !== undefined) return file;
    throw new StudioError('internal', `${output.fileName} was measured before it was there.`);
  };
  const key = evaluationKey({
    node,
    named,
    texts,
    fileHash: (output) => fileOf(output).sha256,
    hashOf: (id) => sourceOf(sources, id).sha256,
    library: ports.library,
    machine: machineName(),
  });
  const known = await findRun(key, store, named, (output) => fileOf(output).path);
  if (known !== undefined) return { ...known, reused: true };
  context.steps.measuring(node.id, 0, named.length * stepUnits);
  const folder = join(await measurementsHome(context.folder), measurementsFolderName);
  await makeFolder(folder);
  const progress = stepProgress(node, context.steps, named.length, 0, named.length);
  const groups = await groupsOf(named, (output) => fileOf(output).path, context.unquantized);
  const settings = settingsOf(node, texts, { ...context, signal });
  const title = `${context.title}: ${node.label ?? node.id}`.slice(0, 300);
  const timed = timeWork(named, settings, context);
  const { path, run } = await ports.measureRun(
    groups,
    { folder, id: newRunId(), title },
    {
      ...settings,
      onChunk: (done, total) => {
        timed.onChunk();
        progress(done / total);
      },
    },
  );
  await timed.remember();
  await store.save({ key, path, sha256: await hashFile(path) });
  return { path, run, reused: false };
}

/**
 * A run that was measured of just this, when it is there, nobody changed it, and its files lie where it says: one that a gate
 * had refused then may have its name by now.
 */
export async function findRun(
  key: string,
  store: RecordStore,
  named: readonly NamedSubject[],
  pathOf: PathOf,
): Promise<{ readonly path: string; readonly run: Run } | undefined> {
  for (const { path } of await store.find(key)) {
    const run = await readFile(path, 'utf8')
      .then((text) => runSchema.safeParse(JSON.parse(text)).data)
      .catch(() => undefined);
    const lies = ({ subject, id }: NamedSubject) =>
      run?.subjects.some((one) => one.id === id && one.path === pathOf(subject.output));
    if (run !== undefined && named.every(lies)) return { path, run };
  }
  return undefined;
}

export function nameMeasurements(
  measurements: readonly Measurement[],
  named: readonly NamedSubject[],
  { texts }: EvaluationTexts,
): NamedMeasurement[] {
  return measurements.flatMap((measurement) => {
    const subject = named.find(({ id }) => id === measurement.subject);
    const text = texts.find(({ id }) => id === measurement.text);
    if (subject === undefined || text === undefined) return [];
    const { label } = subject;
    const { level } = subject.subject.output;
    return [{ subject: label, level, text: text.title, measurement }];
  });
}

export function machineName(): string {
  return cpus()[0]?.model.trim() ?? 'unknown processor';
}

function settingsOf(
  { contextSize, chunks, fullComparison }: NodeOf<'evaluate'>,
  { texts, tasks }: EvaluationTexts,
  { threads, emit, signal }: Pick<EvaluationContext, 'threads' | 'emit' | 'signal'>,
): MeasureSettings {
  return {
    texts,
    tasks,
    contextSize,
    chunks,
    mode: fullComparison ? 'full' : 'reference',
    threads,
    emit,
    signal,
  };
}

/** A subject counts as so many steps of its node's progress. */
const stepUnits = 1000;

function stepProgress(
  { id }: NodeOf<'evaluate'>,
  steps: BuildSteps,
  subjects: number,
  before: number,
  own: number,
) {
  return (share: number) =>
    steps.measuring(id, Math.round((before + share * own) * stepUnits), subjects * stepUnits);
}

/** Remembers how fast measuring is here, for plans. */
function timeWork(
  own: readonly NamedSubject[],
  { contextSize }: MeasureSettings,
  { sources }: EvaluationContext,
) {
  const start = performance.now();
  let chunks = 0;
  return {
    onChunk() {
      chunks++;
    },
    async remember() {
      const base = own[0]?.subject.pass.model.base;
      if (chunks === 0 || base === undefined) return;
      const bytes = unitsOf(sourceOf(sources, base.id).files, chunks * contextSize);
      const seconds = (performance.now() - start) / 1000;
      await rememberThroughput({ work: measuringWork, bytes, seconds });
    },
  };
}

/** Time first, so that names sort by age. */
function newRunId(now = new Date()): string {
  const digits = now.toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${randomUUID().slice(0, 8)}`;
}
