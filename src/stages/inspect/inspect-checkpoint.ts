// Single weight files of checkpoints: safetensors and PyTorch.
import type { Inspection, InspectedTensor } from '#src/contract/inspection.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { openPytorchTensors } from '#src/formats/pytorch/open-pytorch.ts';
import { readSafetensorsHeader } from '#src/formats/safetensors/read-header.ts';
import { describeCount, totalsByType, weightCount } from './summarize-tensors.ts';

export async function inspectSafetensors(source: ByteSource, path: string): Promise<Inspection> {
  const header = await readSafetensorsHeader(source);
  const tensors = header.tensors.map(({ name, shape, dtype, byteLength }) => ({
    name,
    shape: [...shape],
    type: dtype,
    bytes: byteLength,
  }));
  const metadata = [...header.metadata].map(([key, value]) => ({
    key,
    type: 'string',
    value: value.slice(0, 200),
    length: value.length,
  }));
  return { ...weightFile(path, source.size, tensors), kind: 'safetensors', metadata };
}

/** Executes nothing: the pickle inside is read by a closed list of operations. */
export async function inspectPytorch(source: ByteSource, path: string): Promise<Inspection> {
  const tensors = (await openPytorchTensors(source)).map(({ name, shape, dtype, byteLength }) => ({
    name,
    shape: [...shape],
    type: dtype,
    bytes: byteLength,
  }));
  return { ...weightFile(path, source.size, tensors), kind: 'pytorch' };
}

function weightFile(
  path: string,
  bytes: number,
  tensors: InspectedTensor[],
): Omit<Inspection, 'kind'> {
  const weights = tensors.reduce((sum, { shape }) => sum + weightCount(shape), 0);
  return {
    path,
    bytes,
    facts: [{ name: 'Weights', value: describeCount(weights) }],
    types: totalsByType(tensors),
    metadata: [],
    tensors,
    adapters: [],
    problems: [],
    notices: [],
  };
}
