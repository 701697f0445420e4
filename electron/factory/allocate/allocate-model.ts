// The whole of hybrid quantization: what each type costs each tensor, how much each group matters, the types under the
// budget, the proof against the stock level, and the file of whichever wins.
import { basename } from 'node:path';
import { budgetText } from '#src/allocation/budget-text.ts';
import { groupSensitivities } from '#src/allocation/sensitivity.ts';
import { usableErrors, type LocalError } from '#src/allocation/local-error.ts';
import { planAllocation, type AllocationProblem } from '#src/allocation/plan-allocation.ts';
import type { AllocateParams, AllocateResult } from '#src/contract/quality/allocate.ts';
import type { Measurement } from '#src/contract/quality/measurements.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { invariant } from '#src/errors/assert.ts';
import { readImatrix } from '#src/formats/imatrix/read-imatrix.ts';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { checkPlace } from '#src/io/output-file.ts';
import { checkDistinct, checkNotInput } from '#src/io/same-file.ts';
import { openPlainBase } from '#src/jobs/open-sources.ts';
import { elementCountOf } from '#src/model/model-view.ts';
import type { Importance } from '#src/stages/quantize/importance.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import { openRunFolder, type RunFolder } from '../evaluate/run-folder.ts';
import { nativeLibrary } from '../native-library.ts';
import { dryRunnerIn } from '../quantize/dry-runner.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { allocationSteps, type AllocationSteps } from './allocation-steps.ts';
import { chooseBudget, stockWithin, type ChosenBudget } from './choose-budget.ts';
import { localErrors } from './local-errors.ts';
import { measureFiles, withTemporaryFiles, type Bench, type TextsToRead } from './measure-files.ts';
import { describeAllocationModel, planHybrid, type AllocationModel } from './model-to-allocate.ts';
import { probeGroups } from './probe-groups.ts';
import { proveHybrid, type FoundHybrid } from './prove-hybrid.ts';
import { refuseOverlap } from './refuse-overlap.ts';
import { improveByMoves, meanOf, settleByKld } from './search-allocation.ts';

export interface AllocateOptions {
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}

/**
 * Allocates, proves and writes. Throws `allocate/budget`, `quantize/requantize`, `imatrix/invalid`, `evaluation/*`,
 * `output/*`, `io/*`, and what reading, writing and measuring throw.
 */
export async function allocateModel(
  params: AllocateParams,
  { signal, emit }: AllocateOptions,
): Promise<AllocateResult> {
  const start = performance.now();
  const notices: string[] = [];
  const tell: EventSink = (event) => {
    if (event.event === 'notice' && event.level === 'warning' && !notices.includes(event.message)) {
      notices.push(event.message);
    }
    emit(event);
  };
  const outputs = [params.output, ...(params.tensorTypeFile === undefined ? [] : [params.tensorTypeFile])]; // prettier-ignore
  for (const path of outputs) await checkPlace(path, params.overwrite);
  await checkDistinct(outputs);
  const run = await openRunFolder(params.folder, params.id);
  try {
    const done = await allocateInto(run, params, { outputs, signal, emit: tell, notices });
    return { ...done, notices, seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    await run.abandon();
    throw error;
  }
}

async function allocateInto(
  run: RunFolder,
  params: AllocateParams,
  {
    outputs,
    signal,
    emit,
    notices,
  }: AllocateOptions & { outputs: readonly string[]; notices: string[] },
): Promise<Omit<AllocateResult, 'notices' | 'seconds'>> {
  const imatrix = await readImportance(params.imatrix);
  await refuseOverlap(
    {
      held: params.texts,
      probed: params.probeTexts,
      calibration: params.imatrixTexts,
      imatrix:
        imatrix === undefined || params.imatrix === undefined
          ? undefined
          : { path: params.imatrix, datasets: imatrix.datasets },
    },
    emit,
  );
  emit({ event: 'phase', phase: 'Reading', detail: params.source.path });
  const base = await openPlainBase(params.source.path, { signal });
  try {
    for (const message of base.notices) emit({ event: 'notice', level: 'warning', message });
    const texts = [...params.texts, ...params.probeTexts].flatMap(({ paths }) => paths);
    const inputs = [...base.inputs, ...(params.imatrix === undefined ? [] : [params.imatrix])];
    await checkNotInput(outputs, [...inputs, ...texts, ...params.imatrixTexts]);
    const model = await describeAllocationModel(base.content, {
      importance: imatrix,
      profile: params.profile,
      budget: budgetText(params.budget),
      openDryRun: dryRunnerIn(await temporaryFolder(), nativeLibrary()),
    });
    const { contextSize, threads } = params;
    const source = params.source.path;
    const bench: Bench = { source, inputs, contextSize, threads, signal, emit };
    const steps = allocationSteps(params, emit);
    const found = await search(model, params, { ...bench, steps });
    return await proveHybrid(model, found, { params, run, notices }, { ...bench, steps });
  } finally {
    await base.content.close();
  }
}

async function readImportance(path: string | undefined): Promise<Importance | undefined> {
  if (path === undefined) return undefined;
  const source = await openFileByteSource(path);
  try {
    const { values, datasets, chunkCount } = await readImatrix(source);
    // The file that is written names the matrix; where it lies on this machine is nobody's business.
    return { path: basename(path), datasets, chunkCount, weights: values };
  } finally {
    await source.close();
  }
}

type SteppedBench = Bench & { readonly steps: AllocationSteps };

async function search(
  model: AllocationModel,
  params: AllocateParams,
  bench: SteppedBench,
): Promise<FoundHybrid> {
  const { budget } = params;
  // Before anything long: a size that cannot be reached is refused here.
  const chosen = budget.kind === 'kld' ? undefined : await chooseBudget(model, budget);
  const weights = model.view.tensors.reduce((sum, { shape }) => sum + elementCountOf(shape), 0);
  const { signal, emit, steps } = bench;
  const threads = params.threads ?? chooseThreads(2 * weights);
  const errors = usableErrors(
    await steps.during('Rounding errors', () =>
      localErrors(model.tensors, { threads, signal, emit }),
    ),
  );
  const problem = await weigh(model, errors, params, bench);
  return steps.during('Search', () => settle(model, problem, chosen, params, bench));
}

async function settle(
  model: AllocationModel,
  problem: AllocationProblem,
  chosen: ChosenBudget | undefined,
  params: AllocateParams,
  bench: Bench,
): Promise<FoundHybrid> {
  const { budget } = params;
  const probed = { texts: params.probeTexts, chunks: chunksPerText(params) };
  const measureOn =
    (texts: TextsToRead) => async (allocation: AllocateResult['allocation'], label: string) => {
      const plan = { ...(await planHybrid(model, allocation)), label };
      return measurePlan(plan, texts, bench);
    };
  const measure = measureOn(probed);
  if (budget.kind === 'kld') {
    const held = { texts: params.texts, chunks: params.chunks };
    const measures = { probed: measure, held: measureOn(held) };
    const allocation = await settleByKld(problem, model, budget.kld, measures);
    const stock = await smallestStock(model, allocation.bytes, budget.kld, (plan) =>
      measurePlan(plan, held, bench),
    );
    return { allocation, budgetBytes: allocation.bytes, stock, moves: { tried: 0, kept: 0 } };
  }
  invariant(chosen !== undefined, 'budgets of bytes are chosen');
  const allocation = planAllocation(problem, chosen.bytes);
  invariant(allocation !== undefined, 'the budget is reachable');
  const found = { budgetBytes: chosen.bytes, stock: chosen.stock };
  if (params.moves === 0) return { ...found, allocation, moves: { tried: 0, kept: 0 } };
  const first = { allocation, measured: await measure(allocation, 'first allocation') };
  const limit = params.moves;
  const improved = await improveByMoves(problem, chosen.bytes, first, { limit, measure });
  return { ...found, allocation: improved.allocation, moves: improved.moves };
}

/** `probeChunks` are those of all probe texts together. */
function chunksPerText({ probeChunks, probeTexts }: AllocateParams): number {
  return Math.max(1, Math.ceil(probeChunks / probeTexts.length));
}

async function weigh(
  model: AllocationModel,
  errors: ReadonlyMap<string, readonly LocalError[]>,
  params: AllocateParams,
  bench: SteppedBench,
): Promise<AllocationProblem> {
  const { fixedBytes, alignment, profile } = model;
  const tensors = model.tensors.map(({ source: { name, shape }, group }) => ({
    name,
    shape,
    group,
    errors: errors.get(name) ?? [],
  }));
  const weighed = tensors.map(({ name, shape, group }) => ({
    name,
    group,
    weights: elementCountOf(shape),
  }));
  const chunks = chunksPerText(params);
  const { probeTexts: texts } = params;
  const onProbed = (done: number, total: number) => bench.steps.report('Probes', done, total);
  const probes = params.probe
    ? await bench.steps.during('Probes', () =>
        probeGroups(model, { errors, texts, chunks, onProbed }, bench),
      )
    : [];
  const groups = groupSensitivities(weighed, probes);
  return { tensors, groups, profile, fixedBytes, alignment };
}

function measurePlan(
  plan: OutputPlan,
  texts: TextsToRead,
  bench: Bench,
): Promise<readonly Measurement[]> {
  return withTemporaryFiles([plan], bench, async ([file]) => {
    const subject = { id: 'model', label: plan.label, form: 'hybrid' as const };
    const measured = await measureFiles([{ ...subject, path: file!.path }], texts, bench);
    return measured.get('model') ?? [];
  });
}

/** The smallest stock level whose KLD on the held-out texts passes; those far below the hybrid's size cannot. */
async function smallestStock(
  model: AllocationModel,
  bytes: number,
  kld: number,
  measure: (plan: OutputPlan) => Promise<readonly Measurement[]>,
): Promise<OutputPlan> {
  const tried = model.stock.filter(({ header }) => header.fileSize >= 0.85 * bytes);
  for (const plan of tried) if (meanOf(await measure(plan)) <= kld) return plan;
  return tried.at(-1) ?? stockWithin(model, bytes);
}
