// The model as allocation sees it, by llama.cpp's own dry runs: which tensors are quantized, what each level's file would
// take, and which bytes no choice changes.
import { candidateTypes, type Profile } from '#src/allocation/candidate-types.ts';
import { paddedBytes, reachableBytes } from '#src/allocation/plan-allocation.ts';
import { groupTensors } from '#src/allocation/tensor-groups.ts';
import type { Allocation } from '#src/contract/quality/allocate.ts';
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { readAlignment } from '#src/formats/gguf/check-layout.ts';
import { boolEntry, float32Entry, stringEntry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { ModelView, TensorView } from '#src/model/model-view.ts';
import { anchoredPattern } from '#src/allocation/tensor-type-file.ts';
import { importanceOf, needsImportance, type Importance } from '#src/stages/quantize/importance.ts';
import type { DryRunOpener } from '#src/stages/quantize/dry-run.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import { requantizeProblem } from '#src/stages/quantize/plan-findings.ts';
import { planEachQuantization, planQuantization } from '#src/stages/quantize/plan-quantization.ts';
import { isQuantizedType, type GgmlType } from '#src/tensors/ggml-types.ts';
import { levels, type Level } from '#src/tensors/levels.ts';

/** Levels that hybrids are held against: what people choose from, without those that are only for other processors. */
const stockLevels: readonly Level[] = [
  'IQ2_XXS', 'IQ2_XS', 'IQ2_S', 'IQ2_M', 'Q2_K', 'IQ3_XXS', 'IQ3_XS', 'IQ3_S', 'IQ3_M', 'Q3_K_S', 'Q3_K_M', 'Q3_K_L',
  'IQ4_XS', 'Q4_K_S', 'Q4_K_M', 'Q5_K_S', 'Q5_K_M', 'Q6_K', 'Q8_0',
]; // prettier-ignore
/** Slow on CPUs, as their types are. */
const slowLevels = /^IQ[123]/;

export interface TensorCandidates {
  readonly source: TensorView;
  readonly group: string;
  /** Smallest first. */
  readonly types: readonly GgmlType[];
  readonly importance: Float32Array | undefined;
}

export interface AllocationModel extends DescribeOptions {
  readonly view: ModelView;
  /** Every tensor that gets a choice, in the order of the file. */
  readonly tensors: readonly TensorCandidates[];
  /** By size, smallest first. */
  readonly stock: readonly OutputPlan[];
  readonly fixedBytes: number;
  readonly alignment: number;
  readonly smallestBytes: number;
  readonly largestBytes: number;
}

export interface DescribeOptions {
  readonly importance: Importance | undefined;
  readonly profile: Profile;
  /** The budget as it was asked for: `Q4_K_M`, `kld:0.05`. */
  readonly budget: string;
  readonly openDryRun: DryRunOpener;
}

/**
 * Throws `quantize/requantize` for a source that is quantized already, `imatrix/invalid` for another model's matrix, and
 * `quantize/failed` where there is nothing to choose.
 */
export async function describeAllocationModel(
  view: ModelView,
  options: DescribeOptions,
): Promise<AllocationModel> {
  const { importance, profile, budget } = options;
  refuseQuantized(view);
  if (importance !== undefined) refuseForeignMatrix(view, importance);
  const overrides = allocationRecord({ profile, budget, predictedKld: 0, isProbed: true });
  const pure = { pure: true, importance, overrides };
  const plain = await planQuantization(view, 'Q8_0', pure, options.openDryRun);
  const changed = plain.tensors.filter(({ type }) => isQuantizedType(type));
  if (changed.length === 0) {
    throw new StudioError('quantize/failed', `${view.label} has no tensor that can be quantized.`, {
      hint: 'Its rows do not divide into blocks of 32, or it holds vectors only.',
    });
  }
  const alignment = readAlignment(view.label, plain.metadata);
  const groups = groupTensors(changed.map(({ name }) => name));
  const tensors = changed.map(({ source, name }): TensorCandidates => {
    const weights = importance === undefined ? undefined : importanceOf(importance, source);
    const isAllowed = (type: GgmlType) =>
      weights !== undefined || !needsImportance(name, type, levels.Q4_K_M.fileType);
    const columns = source.shape[0] ?? 1;
    const types = candidateTypes({ profile, columns, isAllowed });
    return { source, group: groups.get(name) ?? name, types, importance: weights };
  });
  const fixedBytes =
    plain.header.fileSize -
    tensors.reduce((sum, { source }) => sum + paddedBytes('Q8_0', source.shape, alignment), 0);
  const reachable = reachableBytes(
    tensors.map(({ source: { shape }, types }) => ({ shape, types })),
    { fixedBytes, alignment },
  );
  return {
    ...options,
    view,
    tensors,
    stock: await planStock(view, options),
    fixedBytes,
    alignment,
    smallestBytes: reachable.smallest,
    largestBytes: reachable.largest,
  };
}

function refuseQuantized(view: ModelView): void {
  const quantized = view.tensors.filter(({ type }) => isQuantizedType(type));
  if (quantized.length === 0) return;
  const again = quantized.map((source) => ({ source, name: source.name, type: source.type }));
  throw requantizeProblem(
    'a hybrid',
    again,
    'Start from the F32, F16 or BF16 model: what a type costs can only be measured against the original.',
  );
}

function refuseForeignMatrix(view: ModelView, importance: Importance): void {
  const known = new Set(view.tensors.map(({ name }) => name));
  const names = [...importance.weights.keys()];
  const foreign = names.find((name) => !known.has(name));
  if (foreign !== undefined) {
    throw new StudioError(
      'imatrix/invalid',
      `${importance.path} is another model's: it has weights for ${foreign}, which ${view.label} does not have.`,
      { hint: 'Use a matrix that was made with this very model.', details: { tensor: foreign } },
    );
  }
}

/** The levels that can be written, smallest first; of equal sizes the first. */
async function planStock(
  view: ModelView,
  { importance, profile, openDryRun }: DescribeOptions,
): Promise<OutputPlan[]> {
  const tried = stockLevels.filter((level) => profile === 'smallest' || !slowLevels.test(level));
  const requests = tried.map((level) => ({ level, options: { importance } }));
  const plans = await planEachQuantization(view, requests, openDryRun);
  return plans
    .filter((plan): plan is OutputPlan => !(plan instanceof StudioError))
    .filter(({ problems }) => problems.length === 0)
    .sort((left, right) => left.header.fileSize - right.header.fileSize);
}

/** The plan of one stock level by its name. Throws the reason why it cannot be written. */
export async function planStockLevel(model: AllocationModel, level: Level): Promise<OutputPlan> {
  const { view, importance, openDryRun } = model;
  const known = model.stock.find(({ label }) => label === level);
  const plan = known ?? (await planQuantization(view, level, { importance }, openDryRun));
  const [problem] = plan.problems;
  if (problem !== undefined) throw problem;
  return plan;
}

/** What the file says of its making. Its length does not depend on the types, so that sizes are known beforehand. */
function allocationRecord(record: {
  readonly profile: Profile;
  readonly budget: string;
  readonly predictedKld: number;
  readonly isProbed: boolean;
}): GgufEntry[] {
  return [
    stringEntry('studio.allocation.profile', record.profile),
    stringEntry('studio.allocation.budget', record.budget),
    float32Entry('studio.allocation.predicted_kld', Math.fround(record.predictedKld)),
    boolEntry('studio.allocation.probed', record.isProbed),
  ];
}

/** The file of an allocation, every tensor overridden by name, as llama.cpp itself would lay it out. */
export async function planHybrid(
  model: AllocationModel,
  allocation: Allocation,
): Promise<OutputPlan> {
  const { view, importance, profile, budget, openDryRun } = model;
  const { predictedKld, groups } = allocation;
  const isProbed = groups.some(({ probeKld }) => probeKld !== undefined);
  const level = nearestLevel(model, allocation.bytes);
  const plan = await planQuantization(
    view,
    level,
    {
      importance,
      pure: true,
      tensorTypes: allocation.tensors.map(({ name, type }) => [anchoredPattern(name), type]),
      overrides: allocationRecord({ profile, budget, predictedKld, isProbed }),
    },
    openDryRun,
  );
  const types = new Map(plan.tensors.map(({ name, type }) => [name, type]));
  for (const { name, type } of allocation.tensors) {
    invariant(types.get(name) === type, `llama.cpp takes ${type} for ${name}`);
  }
  invariant(plan.header.fileSize === allocation.bytes, 'the planned size is the size of the file');
  return { ...plan, label: 'hybrid' };
}

/** Written as general.file_type: of the level whose file is nearest in size. */
function nearestLevel({ stock }: AllocationModel, bytes: number): Level {
  const distance = ({ header }: OutputPlan) => Math.abs(header.fileSize - bytes);
  const [nearest] = [...stock].sort((left, right) => distance(left) - distance(right));
  return (nearest?.label ?? 'Q4_K_M') as Level;
}
