// The whole of hybrid quantization: what each type costs each tensor, how much each group matters, the types under the
// budget, the proof against the stock level, and the file of whichever wins.
import { basename } from 'node:path';
import { budgetText } from '#src/allocation/budget-text.ts';
import { groupSensitivities } from '#src/allocation/sensitivity.ts';
import { usableErrors, type LocalError } from '#src/allocation/local-error.ts';
import { planAllocation, type AllocationProblem } from '#src/allocation/plan-allocation.ts';
import { formatTensorTypeFile } from '#src/allocation/tensor-type-file.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import type { AllocateParams, AllocateResult } from '#src/contract/quality/allocate.ts';
import type { Measurement } from '#src/contract/quality/measurements.ts';
import type { TextRequest } from '#src/contract/quality/subjects.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { invariant } from '#src/errors/assert.ts';
import { readImatrix } from '#src/formats/imatrix/read-imatrix.ts';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { checkDiskSpace } from '#src/io/disk-space.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { checkPlace } from '#src/io/output-file.ts';
import { checkDistinct, checkNotInput } from '#src/io/same-file.ts';
import { writeFileAtomically } from '#src/io/write-file-atomically.ts';
import { openGgufFile, openPlainBase } from '#src/jobs/open-sources.ts';
import { elementCountOf } from '#src/model/model-view.ts';
import type { Importance } from '#src/stages/quantize/importance.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import { planAsIs } from '#src/stages/quantize/plan-as-is.ts';
import { nativeLibrary } from '../native-library.ts';
import { dryRunnerIn } from '../quantize/dry-runner.ts';
import { writeOutputs } from '../quantize/write-outputs.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { chooseBudget, stockWithin } from './choose-budget.ts';
import { localErrors } from './local-errors.ts';
import { meanKld, measureFiles, withTemporaryFiles, type Bench } from './measure-files.ts';
import { describeAllocationModel, planHybrid, type AllocationModel } from './model-to-allocate.ts';
import { probeGroups } from './probe-groups.ts';
import { refuseOverlap } from './refuse-overlap.ts';
import {
  improveByMoves,
  meanOf,
  settleByKld,
  type JudgedAllocation,
  type Moves,
} from './search-allocation.ts';
import { judge } from './verify-hybrid.ts';

export interface AllocateOptions {
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}

/** What the search settled on. */
interface Found extends Pick<JudgedAllocation, 'allocation'> {
  readonly budgetBytes: number;
  readonly stock: OutputPlan;
  readonly moves: Moves;
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
    tell,
  );
  tell({ event: 'phase', phase: 'Reading', detail: params.source.path });
  const base = await openPlainBase(params.source.path, { signal });
  try {
    for (const message of base.notices) tell({ event: 'notice', level: 'warning', message });
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
    const bench: Bench = { source, inputs, contextSize, threads, signal, emit: tell };
    const found = await search(model, params, bench);
    const proven = await prove(model, found, params, bench);
    return { ...proven, notices, seconds: (performance.now() - start) / 1000 };
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

async function search(
  model: AllocationModel,
  params: AllocateParams,
  bench: Bench,
): Promise<Found> {
  const { budget } = params;
  // Before anything long: a size that cannot be reached is refused here.
  const chosen = budget.kind === 'kld' ? undefined : await chooseBudget(model, budget);
  const weights = model.view.tensors.reduce((sum, { shape }) => sum + elementCountOf(shape), 0);
  const errors = usableErrors(
    await localErrors(model.tensors, {
      threads: params.threads ?? chooseThreads(2 * weights),
      signal: bench.signal,
      emit: bench.emit,
    }),
  );
  const problem = await weigh(model, errors, params, bench);
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

interface TextsToRead {
  readonly texts: readonly TextRequest[];
  /** Per text. */
  readonly chunks: number | undefined;
}

/** `probeChunks` are those of all probe texts together. */
function chunksPerText({ probeChunks, probeTexts }: AllocateParams): number {
  return Math.max(1, Math.ceil(probeChunks / probeTexts.length));
}

async function weigh(
  model: AllocationModel,
  errors: ReadonlyMap<string, readonly LocalError[]>,
  params: AllocateParams,
  bench: Bench,
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
  const probes = params.probe
    ? await probeGroups(model, { errors, texts: params.probeTexts, chunks }, bench)
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

async function prove(
  model: AllocationModel,
  { allocation, budgetBytes, stock, moves }: Found,
  params: AllocateParams,
  bench: Bench,
): Promise<Omit<AllocateResult, 'notices' | 'seconds'>> {
  const hybrid = await planHybrid(model, allocation);
  const bytesOf = ({ header }: OutputPlan) => header.fileSize;
  const largest = Math.max(bytesOf(hybrid), bytesOf(stock));
  await checkDiskSpace([{ path: params.output, bytes: largest }]);
  return withTemporaryFiles([hybrid, stock], bench, async ([ours, theirs]) => {
    invariant(ours !== undefined && theirs !== undefined, 'both files are written');
    const measured = await measureFiles(
      [
        { id: 'hybrid', label: 'hybrid', form: 'hybrid', path: ours.path },
        { id: stock.label, label: stock.label, form: 'stock', path: theirs.path },
      ],
      { texts: params.texts, chunks: params.chunks },
      bench,
    );
    const contenders = {
      hybrid: { bytes: bytesOf(hybrid), measured: measured.get('hybrid') ?? [] },
      stock: { bytes: bytesOf(stock), measured: measured.get(stock.label) ?? [] },
    };
    const { budget } = params;
    const verdict = judge({ budget, budgetBytes, level: stock.label, ...contenders });
    const winner = verdict.kept === 'hybrid' ? ours : theirs;
    const written = await copyModel(winner.path, params, bench);
    return {
      allocation,
      stock: {
        level: stock.label,
        bytes: contenders.stock.bytes,
        kld: meanKld(contenders.stock.measured),
      },
      hybrid: { bytes: contenders.hybrid.bytes, kld: meanKld(contenders.hybrid.measured) },
      ...verdict,
      ...written,
      ...(await writeTypes(winner.plan, params)),
      moves,
    };
  });
}

/** The winner under its final name, byte for byte what was measured. */
async function copyModel(
  path: string,
  { output, overwrite, threads }: AllocateParams,
  { inputs, signal, emit }: Bench,
): Promise<{ path: string; bytes: number; sha256: string }> {
  const view = await openGgufFile(path);
  try {
    const outputs = [{ path: output, plan: planAsIs(view) }];
    const [written] = await runToEnd(
      writeOutputs(outputs, { inputs: [...inputs, path], overwrite, threads, signal }),
      emit,
    );
    invariant(written !== undefined, 'one output is written');
    return { path: output, bytes: written.bytes, sha256: written.sha256 };
  } finally {
    await view.close();
  }
}

/** The types of the file that was kept. */
async function writeTypes(
  { tensors }: OutputPlan,
  { tensorTypeFile }: AllocateParams,
): Promise<{ tensorTypeFile?: string }> {
  if (tensorTypeFile === undefined) return {};
  const chosen = tensors.filter(({ source, type }) => type !== source.type);
  await writeFileAtomically(tensorTypeFile, formatTensorTypeFile(chosen));
  return { tensorTypeFile };
}
