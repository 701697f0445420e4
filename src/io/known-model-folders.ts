// Where other programs keep models on this machine: offered when a workspace is set up, scanned where they lie, never
// written to. Ollama's store is not among them: its files are named by hash, and only its own manifests know their names.
import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { isJsonObject, stringField } from '#src/formats/huggingface/json.ts';

export interface KnownModelFolder {
  /** Absolute, and there. */
  readonly path: string;
  /** Whose it is: `LM Studio`. */
  readonly what: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings of a program have some kilobytes. */
const maximumSettingsBytes = 1 << 20;

/**
 * The folders that exist, each once (also when links lead to the same). `environment` and `home` are the user's; nothing
 * but the platform is taken from elsewhere.
 */
export async function findKnownModelFolders(
  environment: Environment,
  home: string,
  platform: NodeJS.Platform = process.platform,
): Promise<KnownModelFolder[]> {
  const candidates = [
    ...(await lmStudioFolders(home)),
    ...llamaCppFolders(environment, home, platform),
    ...huggingFaceFolders(environment, home),
    ...otherFolders(environment, home, platform),
  ];
  const found: KnownModelFolder[] = [];
  const known = new Set<string>();
  for (const candidate of candidates) {
    const real = await realpath(candidate.path).catch(() => undefined);
    if (real === undefined || known.has(real)) continue;
    const isFolder = await stat(real).then(
      (status) => status.isDirectory(),
      () => false,
    );
    if (!isFolder) continue;
    known.add(real);
    found.push(candidate);
  }
  return found;
}

/** ~/.lmstudio, or where a pointer file leads; its settings may put the models elsewhere. Before 2024: ~/.cache/lm-studio. */
async function lmStudioFolders(home: string): Promise<KnownModelFolder[]> {
  const what = 'LM Studio';
  const pointer = await readSmallText(join(home, '.lmstudio-home-pointer'));
  const homes = [
    ...(pointer !== undefined && isAbsolute(pointer.trim()) ? [pointer.trim()] : []),
    join(home, '.lmstudio'),
    join(home, '.cache', 'lm-studio'),
  ];
  const folders: KnownModelFolder[] = [];
  for (const folder of homes) {
    const downloads = await lmStudioDownloads(join(folder, 'settings.json'));
    if (downloads !== undefined) folders.push({ path: downloads, what });
    folders.push({ path: join(folder, 'models'), what });
  }
  return folders;
}

async function lmStudioDownloads(settingsPath: string): Promise<string | undefined> {
  const text = await readSmallText(settingsPath);
  if (text === undefined) return undefined;
  try {
    const settings: unknown = JSON.parse(text);
    const folder = isJsonObject(settings) ? stringField(settings, 'downloadsFolder') : undefined;
    return folder !== undefined && isAbsolute(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** `fs_get_cache_directory` of llama.cpp's common/common.cpp. */
function llamaCppFolders(
  environment: Environment,
  home: string,
  platform: NodeJS.Platform,
): KnownModelFolder[] {
  const what = 'llama.cpp';
  const own = environment['LLAMA_CACHE'];
  if (own) return [{ path: resolve(own), what }];
  return [{ path: join(cacheFolder(environment, home, platform), 'llama.cpp'), what }];
}

function cacheFolder(environment: Environment, home: string, platform: NodeJS.Platform): string {
  if (platform === 'darwin') return join(home, 'Library', 'Caches');
  if (platform === 'win32') return environment['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local');
  return environment['XDG_CACHE_HOME'] ?? join(home, '.cache');
}

/** huggingface_hub/constants.py. */
function huggingFaceFolders(environment: Environment, home: string): KnownModelFolder[] {
  const hub = environment['HF_HUB_CACHE'] ?? environment['HUGGINGFACE_HUB_CACHE'];
  const cache = environment['XDG_CACHE_HOME'] ?? join(home, '.cache');
  const base = environment['HF_HOME'] ?? join(cache, 'huggingface');
  return [{ path: resolve(hub ?? join(base, 'hub')), what: 'Hugging Face' }];
}

function otherFolders(
  environment: Environment,
  home: string,
  platform: NodeJS.Platform,
): KnownModelFolder[] {
  const local = environment['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local');
  const roaming = environment['APPDATA'] ?? join(home, 'AppData', 'Roaming');
  const support = join(home, 'Library', 'Application Support');
  const gpt4all =
    platform === 'darwin' ? support : platform === 'win32' ? local : join(home, '.local', 'share');
  const jan =
    platform === 'darwin'
      ? support
      : platform === 'win32'
        ? roaming
        : join(home, '.local', 'share');
  return [
    { path: join(gpt4all, 'nomic.ai', 'GPT4All'), what: 'GPT4All' },
    { path: join(jan, 'Jan', 'data'), what: 'Jan' },
  ];
}

async function readSmallText(path: string): Promise<string | undefined> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isFile() !== true || status.size > maximumSettingsBytes) return undefined;
  return readFile(path, 'utf8').catch(() => undefined);
}
