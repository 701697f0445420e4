// The proof of a hybrid, and what is kept of it: both files measured on held-out texts, the better one under its final name,
// and a run of the two with every condition, as an evaluation writes it.
import { formatTensorTypeFile } from '#src/allocation/tensor-type-file.ts';
import type {
  AllocateParams,
  AllocateResult,
  AllocationOfRun,
} from '#src/contract/quality/allocate.ts';
import { runVersion, type Run, type TensorErrors } from '#src/contract/quality/run.ts';
import type { Subject } from '#src/contract/quality/subjects.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import { invariant } from '#src/errors/assert.ts';
import { checkDiskSpace } from '#src/io/disk-space.ts';
import { writeFileAtomically } from '#src/io/write-file-atomically.ts';
import { openGgufFile } from '#src/jobs/open-sources.ts';
import { elementCountOf } from '#src/model/model-view.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import { planAsIs } from '#src/stages/quantize/plan-as-is.ts';
import { tensorByteLength } from '#src/tensors/ggml-types.ts';
import type { MeasuredSubjects } from '../evaluate/measure-subjects.ts';
import type { RunFolder } from '../evaluate/run-folder.ts';
import { tensorErrors } from '../evaluate/tensor-errors.ts';
import { nativeLibrary } from '../native-library.ts';
import { writeOutputs } from '../quantize/write-outputs.ts';
import type { AllocationSteps } from './allocation-steps.ts';
import {
  meanKld,
  measureAgainstSource,
  measurementsOf,
  withTemporaryFiles,
  type Bench,
  type TemporaryFile,
} from './measure-files.ts';
import { planHybrid, type AllocationModel } from './model-to-allocate.ts';
import type { JudgedAllocation, Moves } from './search-allocation.ts';
import { judge } from './verify-hybrid.ts';

/** What the search settled on. */
export interface FoundHybrid extends Pick<JudgedAllocation, 'allocation'> {
  readonly budgetBytes: number;
  readonly stock: OutputPlan;
  readonly moves: Moves;
}

export interface Proof {
  readonly params: AllocateParams;
  /** Where the run is written; the caller abandons it when this fails. */
  readonly run: RunFolder;
  /** Warnings so far. */
  readonly notices: readonly string[];
}

type Proven = Omit<AllocateResult, 'notices' | 'seconds'>;

const hybridId = 'hybrid';

/** Throws what writing and measuring throw; then there is neither an output nor a run. */
export async function proveHybrid(
  model: AllocationModel,
  found: FoundHybrid,
  proof: Proof,
  bench: Bench & { readonly steps: AllocationSteps },
): Promise<Proven> {
  const { params } = proof;
  const { allocation, stock } = found;
  const hybrid = await planHybrid(model, allocation);
  const largest = Math.max(hybrid.header.fileSize, stock.header.fileSize);
  await checkDiskSpace([{ path: params.output, bytes: largest }]);
  return withTemporaryFiles([hybrid, stock], bench, async ([ours, theirs]) => {
    invariant(ours !== undefined && theirs !== undefined, 'both files are written');
    const measured = await bench.steps.during('Proof', () =>
      measureAgainstSource(
        [
          { id: hybridId, label: 'hybrid', form: 'hybrid', path: ours.path },
          { id: stock.label, label: stock.label, form: 'stock', path: theirs.path },
        ],
        params,
        bench,
        (pass) => proof.run.write(pass),
      ),
    );
    const tensors = await tensorsOf(measured, [ours, theirs], params, bench);
    return bench.steps.during('Output', () =>
      keepBetter(found, [ours, theirs], { ...proof, measured, tensors }, bench),
    );
  });
}

/** Types of both files; their rounding errors, too, where they were asked for. */
function tensorsOf(
  { reference, subjects }: MeasuredSubjects,
  files: readonly TemporaryFile[],
  params: AllocateParams,
  { signal, emit }: Bench,
): Promise<TensorErrors[]> | TensorErrors[] {
  if (params.tensorErrors) {
    return tensorErrors(reference, subjects, { rows: nativeLibrary().rows, signal, emit });
  }
  return files.map(({ plan }, index) => ({
    subject: subjects[index]?.id ?? plan.label,
    tensors: plan.tensors.map(({ name, type, source: { shape } }) => ({
      name,
      type,
      weights: elementCountOf(shape),
      bytes: tensorByteLength(type, shape),
    })),
  }));
}

interface MeasuredProof extends Proof {
  readonly measured: MeasuredSubjects;
  readonly tensors: TensorErrors[];
}

async function keepBetter(
  found: FoundHybrid,
  [ours, theirs]: readonly [TemporaryFile, TemporaryFile],
  proof: MeasuredProof,
  bench: Bench,
): Promise<Proven> {
  const { params, measured, run } = proof;
  const { budget } = params;
  const { allocation, budgetBytes, moves } = found;
  const level = found.stock.label;
  const contender = (id: string, { plan }: TemporaryFile) => ({
    bytes: plan.header.fileSize,
    measured: measurementsOf(id, measured.measurements),
  });
  const hybrid = contender(hybridId, ours);
  const stock = contender(level, theirs);
  const verdict = judge({ budget, budgetBytes, level, hybrid, stock });
  const winner = verdict.kept === 'hybrid' ? ours : theirs;
  const written = await copyModel(winner.path, params, bench);
  const types = await writeTypes(winner.plan, params);
  const kept = measured.subjects.find(({ id }) => (id === hybridId) === (winner === ours));
  const path = await run.finish(
    runOf(proof, {
      ...allocation,
      budget,
      profile: params.profile,
      hybrid: hybridId,
      stock: level,
      ...verdict,
      output: written.path,
      probeTexts: params.probeTexts.map(({ title }) => title),
      moves,
    }),
  );
  return {
    allocation,
    stock: { level, bytes: stock.bytes, kld: meanKld(stock.measured) },
    hybrid: { bytes: hybrid.bytes, kld: meanKld(hybrid.measured) },
    ...verdict,
    ...written,
    bitsPerWeight: kept?.bitsPerWeight ?? 0,
    ...types,
    moves,
    run: { id: params.id, path },
  };
}

function runOf(
  { params, measured, tensors, notices }: MeasuredProof,
  allocation: AllocationOfRun,
): Run {
  const { reference, subjects, texts, measurements, conditions } = measured;
  const keptId = allocation.kept === 'hybrid' ? allocation.hybrid : allocation.stock;
  const others = subjects.filter(({ id }) => id !== keptId).map(({ label }) => label);
  return {
    version: runVersion,
    id: params.id,
    title: params.title,
    createdAt: Date.now(),
    conditions,
    references: [reference],
    referenceOf: Object.fromEntries(subjects.map(({ id }) => [id, reference.id])),
    subjects: subjects.map((subject): Subject =>
      // The measured file was temporary; what was kept of it has the same bytes.
      subject.id === keptId ? { ...subject, path: allocation.output } : subject,
    ),
    texts: [...texts],
    measurements: [...measurements],
    speed: [],
    tasks: [],
    tensors,
    matrix: [],
    allocation,
    notices: [
      ...new Set([...notices, ...measured.notices]),
      `The file of ${others.join(', ')} was temporary: its single predictions cannot be looked at again.`,
    ],
  };
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
