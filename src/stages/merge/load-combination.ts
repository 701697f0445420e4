// What is added to one tensor: the adapters that touch it, brought into the data that worker threads compute with.
import { StudioError } from '#src/errors/studio-error.ts';
import type { LowRankDelta, RowCombination } from '#src/model/row-combination.ts';
import { rowCountOf, type TensorView } from '#src/model/model-view.ts';
import { dareKeys } from './dare-mask.ts';
import type { MappedModule } from './map-adapter.ts';
import type { MappedTensor } from './mapped-tensor.ts';
import type { MergeInput, MergeOptions } from './merge-options.ts';
import { savedTensorView } from './saved-tensor-view.ts';
import { tiesThresholds } from './ties-thresholds.ts';

/** The adapters that change one tensor. */
export interface TouchedBy {
  /** In recipe order. */
  readonly changes: readonly { readonly input: MergeInput; readonly module: MappedModule }[];
  /** The adapter that replaces the tensor. */
  readonly saved?: { readonly input: MergeInput; readonly saved: MappedTensor };
}

/** The merged view of `tensor`. Throws `adapter/unsupported` for combinations that have no exact meaning. */
export function planCombination(
  tensor: TensorView,
  touched: TouchedBy,
  options: MergeOptions,
): TensorView {
  const { changes, saved } = touched;
  const doras = changes.filter(({ module }) => module.readMagnitude !== undefined);
  if (saved !== undefined) checkWholeTensor(tensor.name, saved.input, options, 'modules_to_save');
  for (const { input } of doras) checkWholeTensor(tensor.name, input, options, 'DoRA');
  const [first] = doras;
  if (first !== undefined && (doras.length > 1 || saved !== undefined)) {
    throw new StudioError(
      'adapter/unsupported',
      `${tensor.name} is rescaled by a DoRA adapter (${first.input.adapter.label}) and ${saved === undefined ? 'by another one' : 'replaced by another adapter'}: the result would depend on their order.`,
      { hint: 'Merge the DoRA adapter alone.' },
    );
  }
  const source = saved === undefined ? tensor : savedTensorView(saved.saved, tensor);
  if (changes.length === 0) return source;
  return {
    name: source.name,
    shape: source.shape,
    type: source.type,
    readRows: (firstRow, rowCount, target, signal) =>
      source.readRows(firstRow, rowCount, target, signal),
    loadCombination: (signal) => loadCombination(tensor, changes, options, signal),
  };
}

/** What replaces or rescales a whole tensor cannot be weighted, trimmed or dropped in parts. */
function checkWholeTensor(
  name: string,
  { adapter, weight }: MergeInput,
  { method }: MergeOptions,
  what: string,
): void {
  if (method === 'sum' && weight === 1) return;
  const reason =
    method === 'sum' ? `with the scale ${weight}` : `by the method ${method.toUpperCase()}`;
  throw new StudioError(
    'adapter/unsupported',
    `${adapter.label} changes ${name} as a whole (${what}), which cannot be merged ${reason}.`,
    { hint: 'Merge it with the method sum and scale 1.' },
  );
}

async function loadCombination(
  tensor: TensorView,
  changes: TouchedBy['changes'],
  options: MergeOptions,
  signal: AbortSignal | undefined,
): Promise<RowCombination> {
  const dora = changes.find(({ module }) => module.readMagnitude !== undefined);
  // The change that the norms were trained with comes first; what others add comes after the rescaling.
  const ordered =
    dora === undefined ? changes : [dora, ...changes.filter((change) => change !== dora)];
  const deltas: LowRankDelta[] = [];
  for (const change of ordered) deltas.push(await loadDelta(change, signal));
  const magnitude = await dora?.module.readMagnitude?.(signal);
  if (magnitude !== undefined) return { method: 'dora', deltas, magnitude };

  const { method, density = 0.5, seed = 0 } = options;
  const columns = tensor.shape[0] ?? 1;
  switch (method) {
    case 'sum':
      return { method, deltas };
    case 'ties': {
      const rows = rowCountOf(tensor.shape);
      const thresholds = await tiesThresholds(deltas, rows, columns, density, signal);
      return { method, deltas, thresholds };
    }
    case 'dare': {
      const keys = ordered.flatMap(({ input }) => dareKeys(seed, input.key, tensor.name));
      return { method, deltas, density, keys: Uint32Array.from(keys) };
    }
  }
}

async function loadDelta(
  { input, module }: TouchedBy['changes'][number],
  signal: AbortSignal | undefined,
): Promise<LowRankDelta> {
  const { a, b } = await module.readFactors(signal);
  const { rank, alpha } = module.module;
  // llama.cpp at run time: adapter_scale · alpha / rank in F32, from left to right (llama-adapter.h, get_scale).
  const scale = Math.fround(Math.fround(Math.fround(input.weight) * Math.fround(alpha)) / rank);
  return { adapter: input.key, rank, a, b, scale };
}
