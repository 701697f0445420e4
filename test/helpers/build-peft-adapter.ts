// Builds PEFT folders in memory for tests: an adapter_config.json and a safetensors file of given factors.
import { encodeFloat16 } from '#src/tensors/float16.ts';
import { encodeBfloat16 } from '#src/tensors/bfloat16.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
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
  const encoded = Object.entries(tensors).map(([name, { dtype = 'F32', shape, values }]) => {
    const bytes = new Uint8Array(values.length * (dtype === 'F32' ? 4 : 2));
    if (dtype === 'F32') bytes.set(new Uint8Array(values.slice().buffer));
    else (dtype === 'F16' ? encodeFloat16 : encodeBfloat16)(values, bytes);
    return { name, dtype, shape, bytes };
  });
  let offset = 0;
  const header = Object.fromEntries(
    encoded.map(({ name, dtype, shape, bytes }) => {
      const start = offset;
      offset += bytes.length;
      return [name, { dtype, shape, data_offsets: [start, offset] }];
    }),
  );
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  let position = 8 + text.length;
  for (const { bytes } of encoded) {
    file.set(bytes, position);
    position += bytes.length;
  }
  return file;
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

export function peftFolder(options: {
  name?: string;
  config?: Readonly<Record<string, unknown>>;
  tensors: Readonly<Record<string, PeftTensor>>;
}): FolderPort {
  const config = { peft_type: 'LORA', r: 4, lora_alpha: 8, ...options.config };
  return memoryFolder(
    {
      'adapter_config.json': config,
      'adapter_model.safetensors': adapterSafetensors(options.tensors),
    },
    options.name ?? 'adapter',
  );
}
