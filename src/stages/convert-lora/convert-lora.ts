// A PEFT adapter as a GGUF LoRA: names, order and bytes of convert_lora_to_gguf.py for plain adapters. Where that script
// is wrong this is right: rsLoRA (alpha · √rank in the file), patterns (baked into B, as a file has one alpha) and
// GPT-2's Conv1D layers (B·A is not transposed). What llama.cpp cannot apply at run time is refused.
import { StudioError } from '#src/errors/studio-error.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { stringEntry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { LoraAdapter, LoraFactors } from '#src/formats/lora/lora-adapter.ts';
import { openPeftAdapter } from '#src/formats/lora/open-peft-adapter.ts';
import { transposed } from '#src/formats/lora/read-weights.ts';
import type { ModelView, TensorView } from '#src/model/model-view.ts';
import { ggmlTypes } from '#src/tensors/ggml-types.ts';
import { titleOf } from '../convert/metadata/model-name.ts';
import type { AdapterBase } from '../merge/adapter-base.ts';
import { mapAdapter, type MappedModule } from '../merge/map-adapter.ts';
import type { MappedTensor } from '../merge/mapped-tensor.ts';
import { savedTensorView } from '../merge/saved-tensor-view.ts';
import { adapterMetadata, readGeneralMetadata } from './adapter-metadata.ts';
import { factorTensor, type FactorType } from './factor-tensor.ts';

export type LoraOuttype = 'f32' | 'f16' | 'bf16' | 'q8_0' | 'auto';

export interface ConvertLoraOptions {
  /** Type of the factors; `auto` is BF16 for adapters stored so, else F16. */
  readonly outtype: LoraOuttype;
  /** `general.*` entries; only the name when absent. */
  readonly general?: readonly GgufEntry[];
}

/** The file's content: tensors give rows in their final types. */
export interface ConvertedLora extends ModelView {
  readonly notices: readonly string[];
}

/** Opens a PEFT folder and converts it, with what its model card says. Throws as `openPeftAdapter` and `convertLora`. */
export async function convertPeftFolder(
  folder: FolderPort,
  base: AdapterBase,
  outtype: LoraOuttype,
): Promise<ConvertedLora> {
  const adapter = await openPeftAdapter(folder);
  try {
    const notices: string[] = [];
    const general = await readGeneralMetadata(folder, changedParameters(adapter), (message) =>
      notices.push(message),
    );
    const converted = await convertLora(adapter, base, { outtype, general });
    return { ...converted, notices: [...notices, ...converted.notices] };
  } catch (error) {
    await adapter.close();
    throw error;
  }
}

/**
 * Takes `adapter` over: closing the result closes it. Throws `adapter/wrong-base` for the first tensor that does not fit
 * the base, `adapter/unsupported` for what a GGUF LoRA cannot hold.
 */
export async function convertLora(
  adapter: LoraAdapter,
  base: AdapterBase,
  options: ConvertLoraOptions,
): Promise<ConvertedLora> {
  const { modules, savedTensors } = await mapAdapter(adapter, base);
  const notices = [...adapter.notices];
  for (const module of modules) refuseModule(adapter, module);
  const norms = savedTensors.map((saved) => normTensor(adapter, saved, base));
  if (norms[0] !== undefined) {
    notices.push(
      `${adapter.label}: ${norms.length} trained norms (${norms[0].name}) are in the file, but llama.cpp ignores them at run time; merge the adapter to use them.`,
    );
  }
  // llama.cpp reads alpha 0 as scale 1, so a scale of 0 has to come from B.
  const alpha = Math.fround(adapter.alpha === 0 ? modules[0]?.module.alpha || 1 : adapter.alpha);
  const type = factorType(adapter, options.outtype);
  return {
    label: adapter.label,
    architecture: base.architecture,
    metadata: adapterMetadata({
      architecture: base.architecture,
      general: options.general ?? [stringEntry('general.name', titleOf(adapter.name))],
      alpha,
      invocationTokens: adapter.invocationTokens,
    }),
    tensors: [...norms, ...modules.flatMap((module) => factorTensors(module, alpha, type))],
    notices,
    close: () => adapter.close(),
  };
}

/** Weights of the tensors that the adapter changes, as gguf-py counts them (get_total_parameter_count). */
function changedParameters(adapter: LoraAdapter): number {
  const ofModules = adapter.modules.map(({ kind, rows, columns, rank }) =>
    kind === 'embedding' ? columns * rank : rows * columns,
  );
  const ofSaved = adapter.savedTensors.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  return [...ofModules, ...ofSaved].reduce((sum, count) => sum + count, 0);
}

function refuseModule(adapter: LoraAdapter, { module, target }: MappedModule): void {
  const refuse = (reason: string) => {
    throw new StudioError(
      'adapter/unsupported',
      `${adapter.label}: the change of "${module.weightName}" cannot be kept in a GGUF adapter, because ${reason}.`,
      { hint: 'Merge the adapter into its base instead.' },
    );
  };
  if (module.readMagnitude !== undefined) refuse('DoRA rescales the whole weight');
  if (module.kind === 'embedding' && target !== 'token_embd.weight') {
    refuse(`llama.cpp adds no adapter to ${target} at run time`);
  }
}

/** Norms may stand in an adapter file (mergekit writes them); other whole tensors may not. */
function normTensor(adapter: LoraAdapter, saved: MappedTensor, base: AdapterBase): TensorView {
  const { tensor, target } = saved;
  if (!target.endsWith('_norm.weight')) {
    throw new StudioError(
      'adapter/unsupported',
      `${adapter.label} replaces "${tensor.name}" as a whole (modules_to_save or trained biases), which a GGUF adapter cannot hold.`,
      { hint: 'Merge the adapter into its base instead.' },
    );
  }
  const shape = base.shapeOf(target) ?? [];
  return savedTensorView(saved, { name: target, shape });
}

function factorType(adapter: LoraAdapter, outtype: LoraOuttype): FactorType {
  if (outtype !== 'auto') return ({ f32: 'F32', f16: 'F16', bf16: 'BF16', q8_0: 'Q8_0' } as const)[outtype]; // prettier-ignore
  return adapter.modules[0]?.storedTypes[0] === 'BF16' ? 'BF16' : 'F16';
}

function factorTensors(mapped: MappedModule, alpha: number, type: FactorType): TensorView[] {
  const { rank, rows, columns } = mapped.module;
  const isFlipped = mapped.target === 'token_embd.weight';
  const factor = mapped.module.alpha / alpha;
  const baked = async (signal?: AbortSignal): Promise<LoraFactors> => {
    const { a, b } = await mapped.readFactors(signal);
    // Adapters without patterns, rsLoRA included, keep their bytes.
    return isOne(factor) ? { a, b } : { a, b: b.map((value) => value * factor) };
  };
  const tensor = (
    part: 'a' | 'b',
    shape: readonly [number, number],
    pick: (factors: LoraFactors) => Float32Array,
  ) =>
    factorTensor({
      name: `${mapped.target}.lora_${part}`,
      shape,
      // Rows that do not divide into blocks stay in half precision, as in gguf-py.
      type: shape[0] % ggmlTypes[type].blockSize === 0 ? type : 'F16',
      read: async (signal) => pick(await baked(signal)),
    });
  // token_embd is looked up row by row: llama.cpp wants its A as (tokens, rank) and its B as (length, rank).
  return isFlipped
    ? [
        tensor('a', [rank, rows], ({ b }) => b),
        tensor('b', [rank, columns], ({ a }) => transposed(a, rank, columns)),
      ]
    : [tensor('a', [columns, rank], ({ a }) => a), tensor('b', [rank, rows], ({ b }) => b)];
}

/** The file's alpha is rounded to F32 and a module's is not: that is no factor. */
function isOne(factor: number): boolean {
  return Math.abs(factor - 1) < 2 ** -23;
}
