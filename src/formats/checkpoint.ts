// Opens the weights of a Hugging Face or PEFT folder: safetensors, else PyTorch files, whole or sharded, and lists the
// tensors in the order in which the reference converter sees them (conversion/base.py, index_tensors).
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { compareCodePoints } from '#src/formats/bytes/utf8.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import {
  invalidCheckpoint,
  readCheckpointIndex,
  type CheckpointIndex,
} from './checkpoint-index.ts';
import { checkpointTensor, type CheckpointTensor } from './checkpoint-tensor.ts';
import { openPytorchTensors } from './pytorch/open-pytorch.ts';
import {
  readSafetensorsHeader,
  sortedByName,
  type SafetensorsTensor,
} from './safetensors/read-header.ts';

export interface Checkpoint {
  /** The folder, for messages. */
  readonly label: string;
  /** File names of the parts, in reading order. */
  readonly parts: readonly string[];
  /** In the reference converter's order: by part, and within a part by name (models) or as stored (adapters). */
  readonly tensors: readonly CheckpointTensor[];
  close(): Promise<void>;
}

export type CheckpointPrefix = 'model' | 'adapter_model';

/**
 * Opens the weights of a model folder (`model`) or a PEFT folder (`adapter_model`).
 * Throws `huggingface/invalid` when files are missing, contradict the index, or hold a tensor twice, and what the
 * readers of the single files throw. Element types are not judged here: see requireWeights.
 */
export async function openCheckpoint(
  folder: FolderPort,
  prefix: CheckpointPrefix,
): Promise<Checkpoint> {
  const { parts, index, isSafetensors } = await findParts(folder, prefix);
  const opened: ByteSource[] = [];
  const close = async () => {
    await Promise.all(opened.map((source) => source.close()));
  };
  try {
    const tensors: CheckpointTensor[] = [];
    const partOfTensor = new Map<string, string>();
    for (const part of parts) {
      const source = await openPart(folder, part, index);
      opened.push(source);
      const found = isSafetensors
        ? await safetensorsOf(source, prefix)
        : await openPytorchTensors(source);
      for (const tensor of found) {
        checkUnique(folder, partOfTensor, tensor.name, part);
        tensors.push(tensor);
      }
    }
    if (index !== undefined) checkAgainstIndex(folder, index, partOfTensor);
    return { label: folder.label, parts, tensors, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface FoundParts {
  readonly parts: readonly string[];
  readonly index: CheckpointIndex | undefined;
  readonly isSafetensors: boolean;
}

/** Safetensors where there are any, else PyTorch files; an index decides which files are parts. */
async function findParts(folder: FolderPort, prefix: CheckpointPrefix): Promise<FoundParts> {
  const names = await folder.list();
  const candidates = [
    { stem: prefix, suffix: '.safetensors', isSafetensors: true },
    { stem: prefix === 'model' ? 'pytorch_model' : prefix, suffix: '.bin', isSafetensors: false },
  ];
  // An index without any of its parts counts only where the other format is not there either.
  for (const withoutParts of [false, true]) {
    for (const { stem, suffix, isSafetensors } of candidates) {
      const parts = names.filter((name) =>
        prefix === 'model'
          ? name.startsWith(stem) && name.endsWith(suffix)
          : name === stem + suffix,
      );
      if (parts.length === 0 && !withoutParts) continue;
      const index = await readCheckpointIndex(folder, `${stem}${suffix}.index.json`, suffix);
      if (index !== undefined) return { parts: index.parts, index, isSafetensors };
      if (parts.length === 0) continue;
      if (parts.length > limits.checkpointParts) {
        throw invalidCheckpoint(
          folder,
          `it has ${parts.length} ${suffix} files; at most ${limits.checkpointParts} are read`,
        );
      }
      return { parts: parts.sort(compareCodePoints), index, isSafetensors };
    }
  }
  const expected = candidates.map(({ stem, suffix }) => stem + suffix).join(' or ');
  throw new StudioError('huggingface/invalid', `${folder.label}: there is no ${expected}.`, {
    hint: 'Give the folder that holds the weights; for a GGUF file give the file itself.',
  });
}

async function openPart(
  folder: FolderPort,
  part: string,
  index: CheckpointIndex | undefined,
): Promise<ByteSource> {
  if (index !== undefined && !(await folder.has(part))) {
    throw invalidCheckpoint(
      folder,
      `the part ${part}, which ${index.fileName} names, is missing`,
      undefined,
      { missing: part },
    );
  }
  return folder.open(part);
}

async function safetensorsOf(
  source: ByteSource,
  prefix: CheckpointPrefix,
): Promise<readonly CheckpointTensor[]> {
  const { tensors } = await readSafetensorsHeader(source);
  // convert_lora_to_gguf.py reads adapters with the safetensors library, which goes by offset.
  const ordered = prefix === 'model' ? sortedByName(tensors) : tensors;
  return ordered.map((tensor) => checkpointTensorOf(source, tensor));
}

function checkpointTensorOf(
  source: ByteSource,
  { name, dtype, shape, offset, byteLength }: SafetensorsTensor,
): CheckpointTensor {
  return checkpointTensor({ name, dtype, shape, byteLength }, (byteOffset, target) =>
    source.readInto(target, offset + byteOffset),
  );
}

function checkUnique(
  folder: FolderPort,
  partOfTensor: Map<string, string>,
  name: string,
  part: string,
): void {
  const other = partOfTensor.get(name);
  if (other !== undefined) {
    throw invalidCheckpoint(
      folder,
      `the tensor "${name}" is both in ${other} and in ${part}; keep only the files of one of them`,
    );
  }
  partOfTensor.set(name, part);
}

/** Every tensor of the index lies in its part, and no part holds one that the index does not know. */
function checkAgainstIndex(
  folder: FolderPort,
  index: CheckpointIndex,
  partOfTensor: ReadonlyMap<string, string>,
): void {
  for (const [name, part] of index.partOfTensor) {
    if (partOfTensor.get(name) === part) continue;
    throw invalidCheckpoint(
      folder,
      `${index.fileName} places the tensor "${name}" in ${part}, which does not hold it`,
      undefined,
      { tensor: name, part },
    );
  }
  for (const [name, part] of partOfTensor) {
    if (index.partOfTensor.has(name)) continue;
    throw invalidCheckpoint(
      folder,
      `${part} holds the tensor "${name}", which ${index.fileName} does not list`,
      undefined,
      { tensor: name, part },
    );
  }
}
