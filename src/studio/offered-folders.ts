// Folders with models that other programs keep on this machine, to be offered to the library.
import { homedir } from 'node:os';
import { findKnownModelFolders, type Environment } from '#src/io/known-model-folders.ts';
import { walkModels } from '#src/io/walk-models.ts';

export interface OfferedFolder {
  readonly path: string;
  /** `LM Studio`, `Hugging Face`. */
  readonly what: string;
  readonly models: number;
}

/** Enough to say that there are many; a count of a large cache on a slow disk ends in time. */
const countedModels = 500;
const countingSeconds = 5;

/** Looks for them and counts what is in them by names; folders without models are not offered. */
export async function findOfferedFolders(environment: Environment): Promise<OfferedFolder[]> {
  const found = await findKnownModelFolders(environment, environment['HOME'] ?? homedir());
  const offered: OfferedFolder[] = [];
  for (const { path, what } of found) {
    const models = await countModels(path);
    if (models > 0) offered.push({ path, what, models });
  }
  return offered;
}

async function countModels(path: string): Promise<number> {
  let models = 0;
  const signal = AbortSignal.timeout(countingSeconds * 1000);
  try {
    for await (const { kind } of walkModels([path], { depth: 6, signal, onNotRead: () => {} })) {
      if (kind === 'gguf' || kind === 'model-folder') models++;
      if (models >= countedModels) break;
    }
  } catch {
    // What was counted until then is worth an offer.
  }
  return models;
}
