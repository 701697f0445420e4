// Opens the folder that PEFT saves an adapter to: pairs the factors, checks them against the configuration and gives
// every module its own alpha. B·A is always (outputs, inputs) in PEFT, also over GPT-2's transposed Conv1D weights
// (peft/tuners/lora/layer.py transposes the product, not the factors), so fan_in_fan_out needs no attention here.
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { openCheckpoint, type Checkpoint } from '#src/formats/checkpoint.ts';
import {
  requireWeights,
  type CheckpointTensor,
  type WeightDtype,
} from '#src/formats/checkpoint-tensor.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { LoraAdapter, LoraModule } from './lora-adapter.ts';
import { effectiveAlpha, readPeftConfig, type PeftConfig } from './peft-config.ts';
import { peftTensorRole } from './peft-names.ts';
import { readAdapterWeights, transposed } from './read-weights.ts';

type Weights = CheckpointTensor<WeightDtype>;

interface ModuleParts {
  readonly embedding: boolean;
  a?: Weights;
  b?: Weights;
}

/**
 * Throws `adapter/invalid` for factors that are missing or do not belong together, `adapter/unsupported` for what is not
 * a LoRA, and what reading the files throws.
 */
export async function openPeftAdapter(folder: FolderPort): Promise<LoraAdapter> {
  const config = await readPeftConfig(folder);
  const checkpoint = await openCheckpoint(folder, 'adapter_model');
  try {
    return { ...adapterOf(folder, config, checkpoint), close: () => checkpoint.close() };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

function adapterOf(
  folder: FolderPort,
  config: PeftConfig,
  checkpoint: Checkpoint,
): Omit<LoraAdapter, 'close'> {
  const { label } = folder;
  const parts = new Map<string, ModuleParts>();
  const magnitudes = new Map<string, Weights>();
  const savedTensors: Weights[] = [];
  for (const tensor of checkpoint.tensors) {
    const role = peftTensorRole(tensor.name);
    switch (role.kind) {
      case 'factor': {
        const module = parts.get(role.module) ?? { embedding: role.embedding };
        parts.set(role.module, module);
        if (module[role.factor] !== undefined || module.embedding !== role.embedding) {
          throw invalid(
            label,
            `has more than one ${role.factor.toUpperCase()} for "${role.module}"`,
          );
        }
        module[role.factor] = requireWeights(tensor);
        break;
      }
      case 'magnitude':
        magnitudes.set(role.module, requireWeights(tensor));
        break;
      case 'saved':
        savedTensors.push({ ...requireWeights(tensor), name: role.name });
        break;
      case 'base-copy':
        break;
      case 'unknown':
        throw new StudioError(
          'adapter/unsupported',
          `${label}: the tensor "${tensor.name}" is not one that a LoRA adapter holds.`,
          { hint: 'Merge the adapter with PEFT and convert the merged model.' },
        );
    }
  }
  const modules = [...parts].map(([module, { embedding, a, b }]) =>
    moduleOf({ label, config, module, embedding, a, b, magnitude: take(magnitudes, module) }),
  );
  for (const module of magnitudes.keys()) {
    throw invalid(label, `has DoRA magnitudes for "${module}" but no factors`);
  }
  if (modules.length === 0 && savedTensors.length === 0) {
    throw invalid(label, 'holds no tensors');
  }
  return {
    name: folder.name,
    label,
    naming: 'checkpoint',
    architecture: undefined,
    baseModel: config.baseModel,
    alpha: effectiveAlpha(config.defaults, config.rankStabilized),
    invocationTokens: config.invocationTokens,
    keepsTying: config.keepsTying,
    modules,
    savedTensors,
    notices: [],
  };
}

interface ModuleSource {
  readonly label: string;
  readonly config: PeftConfig;
  readonly module: string;
  readonly embedding: boolean;
  readonly a: Weights | undefined;
  readonly b: Weights | undefined;
  readonly magnitude: Weights | undefined;
}

function moduleOf(source: ModuleSource): LoraModule {
  const { label, config, module, embedding, a, b, magnitude } = source;
  if (a === undefined || b === undefined) {
    throw invalid(label, `has only the ${a === undefined ? 'B' : 'A'} of "${module}"`);
  }
  const [rank, inputs] = matrixShape(label, a);
  const [outputs, innerRank] = matrixShape(label, b);
  const scaling = config.scalingOf(module);
  if (rank !== innerRank || rank !== scaling.rank) {
    throw invalid(
      label,
      `has factors of rank ${rank} (A) and ${innerRank} (B) for "${module}", but its configuration says ${scaling.rank}`,
    );
  }
  const isDora = magnitude !== undefined;
  if (isDora !== config.usesDora) {
    throw invalid(
      label,
      isDora
        ? `has DoRA magnitudes for "${module}", but its configuration does not say use_dora`
        : `is a DoRA adapter but has no magnitudes for "${module}"`,
    );
  }
  if (isDora && embedding) {
    throw new StudioError(
      'adapter/unsupported',
      `${label}: DoRA on the embedding "${module}" rescales columns, not rows, which is not supported.`,
      { hint: 'Merge the adapter with PEFT and convert the merged model.' },
    );
  }
  const rows = embedding ? inputs : outputs;
  if (isDora && magnitude.shape.reduce((product, size) => product * size, 1) !== rows) {
    throw invalid(
      label,
      `has ${magnitude.shape.join('×')} DoRA magnitudes for the ${rows} rows of "${module}"`,
    );
  }
  return {
    weightName: `${module}.weight`,
    kind: embedding ? 'embedding' : 'linear',
    rank,
    rows,
    columns: embedding ? outputs : inputs,
    alpha: effectiveAlpha(scaling, config.rankStabilized),
    storedTypes: [a.dtype, b.dtype],
    async readFactors(signal) {
      signal?.throwIfAborted();
      const [valuesA, valuesB] = await Promise.all([
        readAdapterWeights(a, label),
        readAdapterWeights(b, label),
      ]);
      signal?.throwIfAborted();
      // An embedding's change is (B·A)ᵀ: its rows are tokens, which are A's columns.
      if (!embedding) return { a: valuesA, b: valuesB };
      return { a: transposed(valuesB, outputs, rank), b: transposed(valuesA, rank, inputs) };
    },
    ...(isDora
      ? {
          readMagnitude: async (signal?: AbortSignal) => {
            signal?.throwIfAborted();
            return readAdapterWeights(magnitude, label);
          },
        }
      : {}),
  };
}

function matrixShape(label: string, tensor: Weights): [number, number] {
  const [rows, columns] = tensor.shape;
  if (
    tensor.shape.length === 2 &&
    rows !== undefined &&
    columns !== undefined &&
    rows * columns > 0
  ) {
    return [rows, columns];
  }
  throw new StudioError(
    'adapter/unsupported',
    `${label}: "${tensor.name}" has the shape [${tensor.shape.join(', ')}]; only factors of two dimensions are supported.`,
    { hint: 'Adapters over convolutions have to be merged with PEFT.' },
  );
}

function take<Value>(map: Map<string, Value>, key: string): Value | undefined {
  const value = map.get(key);
  map.delete(key);
  return value;
}

function invalid(label: string, problem: string): StudioError {
  return new StudioError('adapter/invalid', `${label} ${problem}.`, {
    hint: 'Fetch or save the adapter again.',
  });
}
