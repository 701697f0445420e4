// Opens a PyTorch checkpoint (`torch.save` of a state dictionary), zip archive or older, as lazily read tensors.
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { checkTensorName, type CheckpointTensor } from '#src/formats/checkpoint-tensor.ts';
import { recognizeFile, describeForeignFile } from '#src/formats/recognize-file.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { invalidPickle } from './invalid-pickle.ts';
import { isKind, kindOf, type PickledTensor, type PickleValue } from './pickle-values.ts';
import type { PytorchFile } from './pytorch-file.ts';
import { readLegacyCheckpoint } from './read-legacy.ts';
import { readZipCheckpoint } from './read-zip.ts';
import { checkpointTensorOf } from './storage-tensor.ts';

/**
 * Lists the tensors of a checkpoint in the order of its dictionary; `source` stays the caller's and must stay open.
 * Throws `pickle/refused` for anything but a dictionary of tensors, `pickle/invalid`, `format/limit`, `format/truncated`.
 */
export async function openPytorchTensors(source: ByteSource): Promise<readonly CheckpointTensor[]> {
  const file = await readPytorchFile(source);
  const tensors = tensorsOf(source.label, file.value);
  return tensors.map(([name, tensor]) => {
    const range = file.storages.get(tensor.storage.key);
    if (range === undefined) {
      throw invalidPickle(
        source.label,
        `the data of the tensor "${name}" (storage ${tensor.storage.key}) is missing`,
      );
    }
    return checkpointTensorOf(source, name, tensor, range);
  });
}

async function readPytorchFile(source: ByteSource): Promise<PytorchFile> {
  const head = await readBytes(source, 0, Math.min(source.size, 512));
  const { kind } = recognizeFile(head, source.size);
  if (kind === 'zip') return readZipCheckpoint(source);
  if (kind === 'pickle') return readLegacyCheckpoint(source);
  const found = describeForeignFile(head, source.size);
  throw new StudioError(
    'pickle/invalid',
    `${source.label}: this is not a PyTorch checkpoint but ${found.description}.`,
    { hint: found.hint, details: { kind } },
  );
}

function tensorsOf(
  label: string,
  value: PickleValue,
): readonly (readonly [string, PickledTensor])[] {
  if (!isKind(value, 'dict')) {
    throw invalidPickle(label, `it holds a ${kindOf(value)} instead of a dictionary of tensors`);
  }
  if (value.entries.size > limits.checkpointTensors) {
    throw new StudioError(
      'format/limit',
      `${label}: it holds ${value.entries.size} tensors; at most ${limits.checkpointTensors} are read.`,
    );
  }
  return Array.from(value.entries, ([name, item]) => {
    if (typeof name !== 'string')
      throw invalidPickle(label, `a tensor's name is a ${kindOf(name)}`);
    checkTensorName(label, name);
    if (isKind(item, 'tensor')) {
      return [name, item] as const;
    }
    throw invalidPickle(
      label,
      `"${name}" is a ${kindOf(item)}, not a tensor: this is a training checkpoint, not a state dictionary`,
    );
  });
}
