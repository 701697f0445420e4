// Evaluate steps as a build's plan sees them: what is measured, what was measured already of just these files, and how long and
// how much disk the rest takes.
import { join, resolve } from 'node:path';
import type { MeasuredNode } from '#src/contract/measured-node.ts';
import type { TextRequest } from '#src/contract/quality/subjects.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { estimateSeconds, type ThroughputSample } from '#src/io/throughput-file.ts';
import type { RecordStore } from '#src/io/record-store-file.ts';
import { studioHome } from '#src/io/studio-home.ts';
import { elementCountOf } from '#src/model/model-view.ts';
import type { PlannedModel, PlannedOutput, RecipePlan } from '#src/recipe/plan.ts';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';
import { formatCount } from '#src/text/format-number.ts';
import { checkGateHasText, figuresOf, measuredNode } from './check-gate.ts';
import { evaluationKey, nameSubjects, type NamedSubject } from './evaluation-subjects.ts';
import { readEvaluationTexts, refuseOverlap, type EvaluationTexts } from './evaluation-texts.ts';
import { bytesPerToken, matrixWork, measuringWork, unitsOf } from './measuring-work.ts';
import type { MatrixToCollect } from './plan-matrices.ts';
import { unknownHash, type Fact, type PlannedSource } from './planned-sources.ts';
import { findRun, machineName, measurementsHome, nameMeasurements } from './run-evaluations.ts';
import { needsFile } from './unquantized-source.ts';

export interface EvaluationToPlan {
  readonly node: NodeOf<'evaluate'>;
  readonly facts: readonly Fact[];
  /** An earlier run of just these files and texts: nothing would be measured. */
  readonly measured: MeasuredNode | undefined;
  readonly models: readonly PlannedModel[];
  /** Tokens times passes over them, the reference's own one included; 0 where nothing is measured. */
  readonly tokens: number;
}

export interface EvaluationPlanning {
  readonly sources: ReadonlyMap<string, PlannedSource>;
  readonly calibration: readonly TextRequest[];
  /** Content hash of outputs that are current. */
  readonly current: ReadonlyMap<PlannedOutput, string>;
  readonly folder: string;
  readonly store: RecordStore;
  readonly library: string;
  readonly signal: AbortSignal;
  readonly fault: (node: string, error: StudioError) => void;
}

/** Plans every evaluate step; wrong suites and overlapping texts are faults of their node. */
export async function planEvaluations(
  plan: RecipePlan,
  planning: EvaluationPlanning,
): Promise<EvaluationToPlan[]> {
  const { folder, calibration, signal, fault } = planning;
  if (plan.evaluations.length === 0) return [];
  const home = await measurementsHome(folder);
  const planned: EvaluationToPlan[] = [];
  for (const evaluation of plan.evaluations) {
    const { node } = evaluation;
    const named = nameSubjects(evaluation);
    try {
      const texts = await readEvaluationTexts(node.suites, home, signal);
      checkGateHasText(node, texts);
      await refuseOverlap(texts.texts, calibration);
      const measured = await measuredBefore(node, named, texts, planning);
      planned.push(describe(node, named, texts, measured));
    } catch (error) {
      if (!(error instanceof StudioError) || error.kind === 'cancelled') throw error;
      fault(node.id, error);
    }
  }
  return planned;
}

async function measuredBefore(
  node: NodeOf<'evaluate'>,
  named: readonly NamedSubject[],
  texts: EvaluationTexts,
  { current, sources, library, store, folder }: EvaluationPlanning,
): Promise<MeasuredNode | undefined> {
  if (!named.every(({ subject }) => current.has(subject.output))) return undefined;
  const key = evaluationKey({
    node,
    named,
    texts,
    fileHash: (output) => current.get(output) ?? unknownHash,
    hashOf: (id) => sources.get(id)?.sha256 ?? unknownHash,
    library,
    machine: machineName(),
  });
  const pathOf = (output: PlannedOutput) => resolve(folder, output.folder, output.fileName);
  const found = await findRun(key, store, named, pathOf);
  if (found === undefined) return undefined;
  const { path, run } = found;
  const figures = figuresOf(nameMeasurements(run.measurements, named, texts), node);
  return measuredNode(node, figures, { id: run.id, path, reused: true });
}

function describe(
  node: NodeOf<'evaluate'>,
  named: readonly NamedSubject[],
  { texts, tasks, bytes }: EvaluationTexts,
  measured: MeasuredNode | undefined,
): EvaluationToPlan {
  const references = new Map(
    named.map(({ subject: { pass, adapter } }) => {
      const { base, merge } = pass.model;
      return [`${base.id} ${merge?.node.id ?? ''} ${adapter?.id ?? ''}`, pass.model] as const;
    }),
  );
  const { contextSize, chunks = Infinity, fullComparison } = node;
  const tokens = bytes.reduce(
    (sum, size) => sum + Math.min(size / bytesPerToken, chunks * contextSize),
    0,
  );
  const passes = named.length + (fullComparison ? named.length : references.size);
  const files = named.length === 1 ? '1 model' : `${formatCount(named.length)} models`;
  const counted = (count: number, what: string) =>
    count === 0 ? [] : [count === 1 ? `1 ${what}` : `${formatCount(count)} ${what}s`];
  const on = [...counted(texts.length, 'text'), ...counted(tasks.length, 'task file')].join(
    ' and ',
  );
  return {
    node,
    facts: [
      { name: 'measures', value: measured === undefined ? `${files}, ${on}` : 'nothing new' },
    ],
    measured,
    models: [...references.values()],
    tokens: measured === undefined ? tokens * passes : 0,
  };
}

export interface MeasuringNeeds {
  /** Undefined before anything of the kind was done on this machine. */
  readonly seconds: number | undefined;
  /** The largest temporary file, and where it goes. */
  readonly temporary: { readonly folder: string; readonly bytes: number };
}

/** Time and disk of everything that is measured and collected. */
export async function measuringNeeds(
  evaluations: readonly EvaluationToPlan[],
  matrices: readonly MatrixToCollect[],
  sources: ReadonlyMap<string, PlannedSource>,
  samples: readonly ThroughputSample[],
): Promise<MeasuringNeeds> {
  let seconds: number | undefined = 0;
  let bytes = 0;
  const works = [
    ...evaluations
      .filter(({ tokens }) => tokens > 0)
      .map(({ models, tokens }) => ({ models, tokens, work: measuringWork })),
    ...matrices.map(({ matrix, tokens }) => ({ models: [matrix.model], tokens, work: matrixWork })),
  ];
  for (const { models, tokens, work } of works) {
    const known = samples.filter((sample) => sample.work === work);
    const files = sources.get(models[0]?.base.id ?? '')?.located.files ?? [];
    const own = estimateSeconds(known, { work, bytes: unitsOf(files, tokens) });
    seconds = own === undefined || seconds === undefined ? undefined : seconds + own;
    for (const model of models) bytes = Math.max(bytes, await temporaryBytes(model, sources));
  }
  return { seconds, temporary: { folder: join(studioHome(), 'temporary'), bytes } };
}

/** A folder is converted without loss; what cannot be expressed at run time is written in F32. */
async function temporaryBytes(
  model: PlannedModel,
  sources: ReadonlyMap<string, PlannedSource>,
): Promise<number> {
  const source = sources.get(model.base.id);
  if (source?.base === undefined) return 0;
  const located = new Map([...sources].map(([id, one]) => [id, one.located]));
  const asFile = await needsFile(model, located);
  if (!asFile && !source.located.isFolder) return 0;
  if (!asFile || model.merge === undefined) return source.bytes;
  return source.base.tensors.reduce((sum, { shape }) => sum + 4 * elementCountOf(shape), 0);
}
