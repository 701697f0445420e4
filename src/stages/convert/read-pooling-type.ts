// How a sentence-transformers folder pools token vectors: modules.json names a pooling module, whose config.json names
// the mode (conversion/base.py, _try_set_pooling_type).
import type { PoolingType } from '#src/architectures/architecture.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { isJsonObject, stringField, type JsonObject } from '#src/formats/huggingface/json.ts';
import {
  maximumConfigurationBytes,
  readJsonObject,
  readTextFile,
} from '#src/formats/huggingface/read-json.ts';

const modes = new Map<string, PoolingType>([
  ['mean', 'mean'],
  ['cls', 'cls'],
  ['lasttoken', 'last'],
]);

/**
 * The pooling of the folder, or undefined when modules.json has none.
 * Throws `huggingface/invalid` when the module is missing, `architecture/unsupported` for other modes.
 */
export async function readPoolingType(folder: FolderPort): Promise<PoolingType | undefined> {
  if (!(await folder.has('modules.json'))) return undefined;
  const path = poolingPath(await readModules(folder));
  if (path === undefined) return undefined;
  const module = await folder.subfolder?.(path.replace(/\/$/, ''));
  if (module === undefined || !(await module.has('config.json'))) {
    throw new StudioError(
      'huggingface/invalid',
      `${folder.label}/modules.json names the pooling module "${path.slice(0, 100)}", but ${path.slice(0, 100)}/config.json is missing.`,
      { hint: 'Fetch the whole folder, with its subfolders.', details: { path } },
    );
  }
  const config = await readJsonObject(module, 'config.json');
  const type = poolingTypeOf(config);
  if (type !== undefined) return type;
  throw new StudioError(
    'architecture/unsupported',
    `${module.label}/config.json asks for a pooling that llama.cpp does not have.`,
    { hint: 'Supported are the mean, the first (CLS) and the last token.' },
  );
}

async function readModules(folder: FolderPort): Promise<readonly unknown[]> {
  const text = await readTextFile(folder, 'modules.json', maximumConfigurationBytes);
  try {
    const modules: unknown = JSON.parse(text);
    if (Array.isArray(modules)) return modules as readonly unknown[];
  } catch {
    // Reported below, like everything else that is not a list.
  }
  throw new StudioError('huggingface/invalid', `${folder.label}/modules.json is not a JSON list.`, {
    hint: 'Fetch the file again; it is probably damaged.',
  });
}

/** The path of the first pooling module. */
function poolingPath(modules: readonly unknown[]): string | undefined {
  const pooling = modules
    .filter(isJsonObject)
    .find((module) => stringField(module, 'type')?.endsWith('Pooling') === true);
  return stringField(pooling, 'path');
}

function poolingTypeOf(config: JsonObject): PoolingType | undefined {
  const isOn = (key: string) => Boolean(config[key]);
  if (isOn('pooling_mode_mean_tokens')) return 'mean';
  if (isOn('pooling_mode_cls_token')) return 'cls';
  if (isOn('pooling_mode_lasttoken')) return 'last';
  return modes.get(stringField(config, 'pooling_mode') ?? '');
}
