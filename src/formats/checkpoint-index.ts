// Reads `*.index.json` of a sharded checkpoint: which tensor lies in which part.
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { compareCodePoints } from '#src/formats/bytes/utf8.ts';
import { checkTensorName } from '#src/formats/checkpoint-tensor.ts';
import { readJsonObject } from '#src/formats/huggingface/read-json.ts';
import { StudioError } from '#src/errors/studio-error.ts';

export interface CheckpointIndex {
  readonly fileName: string;
  /** Part file name of each tensor. */
  readonly partOfTensor: ReadonlyMap<string, string>;
  /** Sorted as the reference converter sorts them. */
  readonly parts: readonly string[];
}

/** The index, or undefined when the folder has none. Throws `huggingface/invalid`. */
export async function readCheckpointIndex(
  folder: FolderPort,
  fileName: string,
  partSuffix: string,
): Promise<CheckpointIndex | undefined> {
  if (!(await folder.has(fileName))) return undefined;
  const weightMap = await readWeightMap(folder, fileName);
  const partOfTensor = new Map<string, string>();
  for (const [tensor, part] of Object.entries(weightMap)) {
    checkTensorName(`${folder.label}/${fileName}`, tensor);
    if (typeof part !== 'string' || !isPartName(part, partSuffix)) {
      throw invalidCheckpoint(
        folder,
        `${fileName} places the tensor "${tensor}" in ${JSON.stringify(part)?.slice(0, 80)}, which is not the name of a ${partSuffix} file in this folder`,
      );
    }
    partOfTensor.set(tensor, part);
  }
  const parts = [...new Set(partOfTensor.values())].sort(compareCodePoints);
  if (parts.length === 0 || parts.length > limits.checkpointParts) {
    throw invalidCheckpoint(
      folder,
      `${fileName} names ${parts.length} files; 1 to ${limits.checkpointParts} are read`,
    );
  }
  return { fileName, partOfTensor, parts };
}

async function readWeightMap(folder: FolderPort, fileName: string): Promise<object> {
  const index = await readJsonObject(folder, fileName, { maximumBytes: limits.indexJsonBytes });
  const weightMap = index['weight_map'];
  if (typeof weightMap !== 'object' || weightMap === null || Array.isArray(weightMap)) {
    throw invalidCheckpoint(folder, `${fileName} has no "weight_map"`);
  }
  return weightMap;
}

/** A plain file name: no separators, drive letters, or dots that lead elsewhere. */
function isPartName(name: string, suffix: string): boolean {
  return (
    name.length <= 255 && name.endsWith(suffix) && !name.startsWith('.') && !/[/\\:\0]/.test(name)
  );
}

export function invalidCheckpoint(
  folder: FolderPort,
  problem: string,
  cause?: unknown,
  details?: Record<string, unknown>,
): StudioError {
  return new StudioError('huggingface/invalid', `${folder.label}: ${problem}.`, {
    hint: 'Fetch the folder again, with all files of the model.',
    cause,
    ...(details === undefined ? {} : { details }),
  });
}
