// The PEFT folder that the scripts of this folder build from the same case (seeded.py, adapter_tensors).
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { linearFactors, peftFiles, type PeftTensor } from '#test/helpers/build-peft-adapter.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

/** Numbers follow a name: outputs, inputs, rank; length, tokens, rank; a shape. */
type Sized = readonly (string | number)[];

export interface AdapterCase {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly dtype?: string;
  readonly card?: string;
  readonly modules?: readonly Sized[];
  readonly embeddings?: readonly Sized[];
  readonly saved?: readonly Sized[];
}

export function caseFolder(adapter: AdapterCase, firstSeed = 0): FolderPort {
  const dtype = (adapter.dtype ?? 'F32') as NonNullable<PeftTensor['dtype']>;
  const tensors: Record<string, PeftTensor> = {};
  let seed = firstSeed - 10;
  for (const [first, ...sizes] of adapter.modules ?? []) {
    const module = String(first);
    const [outputs = 0, inputs = 0, rank = 0] = sizes.map(Number);
    seed += 10;
    Object.assign(tensors, linearFactors(module, [outputs, inputs, rank], seed, dtype));
    if (adapter.config['use_dora'] === true) {
      const values = seededFloats(seed + 2, outputs).map((value) => value + 1.5);
      const name = `base_model.model.${module}.lora_magnitude_vector`;
      tensors[name] = { shape: [outputs], values, dtype };
    }
  }
  for (const [first, ...sizes] of adapter.embeddings ?? []) {
    const module = String(first);
    const [length = 0, tokens = 0, rank = 0] = sizes.map(Number);
    seed += 10;
    const factors = Object.values(linearFactors('x', [length, tokens, rank], seed, dtype));
    const name = `base_model.model.${module}.lora_embedding_`;
    Object.assign(tensors, { [`${name}A`]: factors[0], [`${name}B`]: factors[1] });
  }
  for (const [first, ...sizes] of adapter.saved ?? []) {
    const shape = sizes.map(Number);
    seed += 10;
    const values = seededFloats(
      seed,
      shape.reduce((product, size) => product * size, 1),
    );
    tensors[`base_model.model.${String(first)}`] = { shape, values, dtype };
  }
  const card = adapter.card === undefined ? {} : { 'README.md': adapter.card };
  return memoryFolder({ ...peftFiles(adapter.config, tensors), ...card }, adapter.name);
}
