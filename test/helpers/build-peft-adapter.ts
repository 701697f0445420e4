// Builds PEFT folders in memory for tests: an adapter_config.json and a safetensors file of given factors.
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { buildSafetensors } from './build-safetensors.ts';
import { encodeRows } from './encode-rows.ts';
import { memoryFolder } from './memory-folder.ts';
import { seededFloats } from './seeded-floats.ts';

export interface PeftTensor {
  /** PyTorch order. */
  readonly shape: readonly number[];
  readonly values: Float32Array;
  readonly dtype?: 'F32' | 'F16' | 'BF16';
}

/** A safetensors file with the tensors in the given order. */
export function adapterSafetensors(tensors: Readonly<Record<string, PeftTensor>>): Uint8Array {
  return buildSafetensors(
    Object.entries(tensors).map(([name, { dtype = 'F32', shape, values }]) => ({
      name,
      shape,
      dtype,
      data: encodeRows(values, dtype),
    })),
  );
}

/** A and B of a linear module with reproducible values; keys as PEFT writes them. */
export function linearFactors(
  module: string,
  [outputs, inputs, rank]: readonly [number, number, number],
  seed: number,
  dtype: 'F32' | 'F16' | 'BF16' = 'F32',
): Record<string, PeftTensor> {
  return {
    [`base_model.model.${module}.lora_A.weight`]: {
      shape: [rank, inputs],
      values: seededFloats(seed, rank * inputs),
      dtype,
    },
    [`base_model.model.${module}.lora_B.weight`]: {
      shape: [outputs, rank],
      values: seededFloats(seed + 1, outputs * rank),
      dtype,
    },
  };
}

/** The files of a PEFT folder, by name. */
export function peftFiles(
  config: Readonly<Record<string, unknown>>,
  tensors: Readonly<Record<string, PeftTensor>>,
): Record<string, Uint8Array | object> {
  return {
    'adapter_config.json': { peft_type: 'LORA', ...config },
    'adapter_model.safetensors': adapterSafetensors(tensors),
  };
}

export function peftFolder(options: {
  name?: string;
  config?: Readonly<Record<string, unknown>>;
  tensors: Readonly<Record<string, PeftTensor>>;
}): FolderPort {
  const config = { r: 4, lora_alpha: 8, ...options.config };
  return memoryFolder(peftFiles(config, options.tensors), options.name ?? 'adapter');
}
