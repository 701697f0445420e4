// Fits an adapter to a base before anything is read or written: every module gets the GGUF tensor that it changes, or
// the adapter is refused naming the first one that does not fit.
import type { MappedTensor } from './mapped-tensor.ts';
import type { TensorTransform } from '#src/architectures/architecture.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { LoraAdapter, LoraFactors, LoraModule } from '#src/formats/lora/lora-adapter.ts';
import type { AdapterBase } from './adapter-base.ts';
import { permuteRotaryRows } from './permute-rotary-rows.ts';
import { outputName, refuseOneSideOfTied, savedForTiedBase } from './tied-embedding.ts';

export interface MappedModule {
  readonly module: LoraModule;
  /** The GGUF tensor that it changes: shape [module.columns, module.rows]. */
  readonly target: string;
  /** The factors in the GGUF's order of rows. */
  readFactors(signal?: AbortSignal): Promise<LoraFactors>;
  /** DoRA's magnitudes in the GGUF's order of rows. */
  readonly readMagnitude?: (signal?: AbortSignal) => Promise<Float32Array>;
}

export interface MappedAdapter {
  readonly adapter: LoraAdapter;
  /** In the adapter's order. */
  readonly modules: readonly MappedModule[];
  readonly savedTensors: readonly MappedTensor[];
}

/**
 * Throws `adapter/wrong-base` when a tensor is missing in the base or has other dimensions, and `adapter/unsupported` for
 * changes that this base cannot hold (one side of a tied embedding).
 */
export async function mapAdapter(adapter: LoraAdapter, base: AdapterBase): Promise<MappedAdapter> {
  if (adapter.architecture !== undefined && adapter.architecture !== base.architecture) {
    throw wrongBase(
      adapter,
      `${adapter.label} was made for the architecture "${adapter.architecture}", but ${base.label} is "${base.architecture}".`,
    );
  }
  const sources = new Map<string, string>();
  const claim = (source: string, target: string) => {
    const other = sources.get(target);
    if (other !== undefined) {
      throw new StudioError(
        'adapter/invalid',
        `${adapter.label}: "${other}" and "${source}" are both ${target} in ${base.label}.`,
      );
    }
    sources.set(target, source);
  };
  const modules = adapter.modules.map((module) => {
    const { name, transforms } = locate(adapter, base, module.weightName);
    if (base.isTied) refuseOneSideOfTied(adapter, base, module.weightName, name);
    claim(module.weightName, name);
    checkShape(adapter, base, module.weightName, name, [module.columns, module.rows]);
    return mapModule(module, name, transforms);
  });
  const located = adapter.savedTensors.map((tensor) => {
    const { name, transforms } = locate(adapter, base, tensor.name);
    return { tensor, target: name, transforms };
  });
  const savedTensors = base.isTied ? await savedForTiedBase(adapter, base, located) : located;
  for (const { tensor, target, transforms } of savedTensors) {
    claim(tensor.name, target);
    const isTransposed = transforms.some(({ op }) => op === 'transpose');
    const shape = isTransposed ? tensor.shape : [...tensor.shape].reverse();
    checkShape(adapter, base, tensor.name, target, shape);
  }
  return { adapter, modules, savedTensors };
}

interface Located {
  readonly name: string;
  readonly transforms: readonly TensorTransform[];
}

function locate(adapter: LoraAdapter, base: AdapterBase, weightName: string): Located {
  const mapping =
    adapter.naming === 'gguf'
      ? ({ kind: 'tensor', name: weightName, transforms: [] } as const)
      : base.mapTensor(weightName);
  if (mapping.kind === 'tensor') {
    const isTiedOutput = base.isTied && mapping.name === outputName;
    if (isTiedOutput || base.shapeOf(mapping.name) !== undefined) return mapping;
  }
  if (mapping.kind === 'skip') {
    throw new StudioError(
      'adapter/unsupported',
      `${adapter.label} changes "${weightName}", which a GGUF of this architecture (${base.architecture}) does not hold.`,
      { hint: 'Train the adapter without this module.' },
    );
  }
  const target = mapping.kind === 'tensor' ? ` (${mapping.name})` : '';
  throw wrongBase(
    adapter,
    `${adapter.label} does not fit ${base.label}: the base has no "${weightName}"${target}.`,
  );
}

function checkShape(
  adapter: LoraAdapter,
  base: AdapterBase,
  source: string,
  target: string,
  shape: readonly number[],
): void {
  const expected = base.shapeOf(target) ?? [];
  const dimensions = Math.max(shape.length, expected.length);
  for (let index = 0; index < dimensions; index++) {
    if ((shape[index] ?? 1) === (expected[index] ?? 1)) continue;
    const resized = /^(?:token_embd|output)\.weight$/.test(target) && index === 1;
    throw wrongBase(
      adapter,
      `${adapter.label} does not fit ${base.label}: "${source}" is [${shape.join(', ')}], but ${target} of the base is [${expected.join(', ')}].`,
      { tensor: source, target, adapterShape: shape, baseShape: expected },
      resized ? 'The adapter was probably trained with a resized vocabulary.' : undefined,
    );
  }
}

function wrongBase(
  adapter: LoraAdapter,
  message: string,
  details: Record<string, unknown> = {},
  remark?: string,
): StudioError {
  const named = adapter.baseModel?.slice(0, 200);
  const trainedOn =
    named === undefined || named === ''
      ? 'Give the base that the adapter was trained on.'
      : `The adapter says that it was trained on "${named}".`;
  return new StudioError('adapter/wrong-base', message, {
    hint: remark === undefined ? trainedOn : `${remark} ${trainedOn}`,
    details: { ...details, baseModel: named ?? null },
  });
}

function mapModule(
  module: LoraModule,
  target: string,
  transforms: readonly TensorTransform[],
): MappedModule {
  // 'transpose' undoes the layout of the base's weight, which B·A never had; 'add-scalar' shifts norms only.
  const permutations = transforms.flatMap((transform) =>
    transform.op === 'permute-rotary-rows' ? [transform.headCount] : [],
  );
  if (permutations.length === 0) {
    const { readMagnitude } = module;
    return {
      module,
      target,
      readFactors: (signal) => module.readFactors(signal),
      ...(readMagnitude === undefined ? {} : { readMagnitude }),
    };
  }
  const permute = (values: Float32Array, columns: number) =>
    permutations.reduce(
      (rows, headCount) => permuteRotaryRows(rows, module.rows, columns, headCount),
      values,
    );
  const { readMagnitude } = module;
  return {
    module,
    target,
    async readFactors(signal) {
      const { a, b } = await module.readFactors(signal);
      return { a, b: permute(b, module.rank) };
    },
    ...(readMagnitude === undefined
      ? {}
      : { readMagnitude: async (signal) => permute(await readMagnitude(signal), 1) }),
  };
}
