// What the picker says of a file or folder, and whether it can be chosen for a purpose. Looks at names alone: no model is
// opened while somebody browses.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PickPurpose } from '#src/contract/studio/files.ts';
import { workspaceFileName } from '#src/io/workspace.ts';

export interface Pickable {
  readonly what?: string;
  readonly selectable: boolean;
  /** False: not worth a line in this picker. */
  readonly listed: boolean;
}

/** Any folder will do for these. */
const folderPurposes = new Set<PickPurpose>(['workspace', 'model-folder', 'output-folder', 'any']);

export function acceptsAnyFolder(purpose: PickPurpose): boolean {
  return folderPurposes.has(purpose);
}

/** A file by its name. */
export function pickableFile(name: string, purpose: PickPurpose): Pickable {
  const what = kindOfFile(name);
  // Only the first part of a split model names the whole.
  const part = /-(\d{5})-of-\d{5}\.gguf$/i.exec(name)?.[1];
  const isPart = part !== undefined && Number(part) !== 1;
  const fits = !isPart && accepts(purpose, name);
  return {
    ...(what === undefined ? {} : { what: isPart ? 'Part of a split GGUF' : what }),
    selectable: fits,
    listed: fits || purpose === 'any',
  };
}

function kindOfFile(name: string): string | undefined {
  if (/\.recipe\.json$/i.test(name)) return 'Recipe';
  if (/imatrix.*\.(gguf|dat)$/i.test(name)) return 'Importance matrix';
  if (/-00001-of-\d{5}\.gguf$/i.test(name)) return 'GGUF in parts';
  if (/\.gguf$/i.test(name)) return 'GGUF';
  if (/\.dat$/i.test(name)) return 'Importance matrix';
  return undefined;
}

function accepts(purpose: PickPurpose, name: string): boolean {
  switch (purpose) {
    case 'base':
    case 'adapter':
    case 'gguf':
      return /\.gguf$/i.test(name);
    case 'imatrix':
      return /\.(gguf|dat)$/i.test(name);
    case 'recipe':
      return /\.json$/i.test(name);
    case 'any':
      return true;
    case 'workspace':
    case 'model-folder':
    case 'output-folder':
      return false;
  }
}

/** A folder by the files that it holds. */
export async function pickableFolder(path: string, purpose: PickPurpose): Promise<Pickable> {
  const what = await kindOfFolder(path);
  const fits =
    acceptsAnyFolder(purpose) ||
    (purpose === 'base' && what === 'Hugging Face model') ||
    (purpose === 'adapter' && what === 'LoRA adapter');
  return { ...(what === undefined ? {} : { what }), selectable: fits, listed: true };
}

async function kindOfFolder(path: string): Promise<string | undefined> {
  const [workspace, adapter, config] = await Promise.all(
    [workspaceFileName, 'adapter_config.json', 'config.json'].map((name) =>
      stat(join(path, name)).then(
        (status) => status.isFile(),
        () => false,
      ),
    ),
  );
  if (workspace) return 'Workspace';
  if (adapter) return 'LoRA adapter';
  return config ? 'Hugging Face model' : undefined;
}
