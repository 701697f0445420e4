// Adapters of the library as the engine takes them. The engine applies GGUF adapters only; a PEFT folder is converted for
// the column's model when it is first used, and kept: all levels of a model share one file.
import { createHash, randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ParamsOf, ResultOf } from '#src/contract/contract.ts';
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { WrittenFile } from '#src/contract/outputs.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import {
  adapterCacheFolder,
  findConvertedAdapter,
  keepConvertedAdapter,
} from '#src/io/adapter-cache.ts';
import { keepCacheLimit } from '#src/io/cache-entries.ts';
import { toIoError } from '#src/io/io-error.ts';
import { hashSourceFiles, listSourceFiles } from '#src/io/source-hash.ts';
import { ensureOwnFolder } from '#src/io/studio-home.ts';
import { createTurnQueue } from './turn-queue.ts';

/** As bundles hold their adapters unless told otherwise: nothing is rounded. */
const factorType = 'f32';

/** The two methods of the factory that are needed. */
export interface AdapterFactory {
  call<Method extends 'describeAdapterBase' | 'convertLora'>(
    method: Method,
    params: ParamsOf<FactoryContract, Method>,
    options: { readonly signal: AbortSignal },
  ): Promise<ResultOf<FactoryContract, Method>>;
}

export interface RuntimeAdapters {
  /**
   * The path of an adapter as a GGUF that fits `base`, itself when it is one. `say` hears what takes time. Throws
   * `adapter/wrong-base` with the first tensor that does not fit, `adapter/unsupported` for what can only be merged, and
   * `signal.reason`.
   */
  pathFor(
    adapter: string,
    base: string,
    signal: AbortSignal,
    say: (what: string) => void,
  ): Promise<string>;
}

export function runtimeAdapters({
  home,
  hosts,
}: {
  readonly home: string;
  readonly hosts: { readonly factory: AdapterFactory };
}): RuntimeAdapters {
  const { factory } = hosts;
  const cache = { folder: adapterCacheFolder(home), hashes: join(home, 'store', 'hashes') };
  // One after another: three columns that are opened with one adapter convert it once.
  const turns = createTurnQueue();

  const keyOf = async (folder: string, base: string, signal: AbortSignal) => {
    const files = await listSourceFiles(folder, 'adapter');
    const content = await hashSourceFiles(files, { folder: cache.hashes, signal });
    const { architecture, basis } = await factory.call('describeAdapterBase', { base }, { signal });
    return createHash('sha256')
      .update(['lora', content, architecture, basis, factorType].join('\n'))
      .digest('hex');
  };
  const convert = async (folder: string, base: string, signal: AbortSignal) => {
    const temporary = await ensureOwnFolder(join(home, 'temporary'));
    // Named after this process: `clean` removes it when the process is gone.
    const made = await ensureOwnFolder(join(temporary, `adapter-${process.pid}-${randomUUID()}`));
    const params = {
      adapter: folder,
      base,
      output: join(made, 'adapter.gguf'),
      outtype: factorType,
    } as const;
    try {
      const { outputs } = await factory.call('convertLora', params, { signal });
      return { written: fileOf(outputs, folder), done: () => removeFolder(made) };
    } catch (error) {
      await removeFolder(made);
      throw error;
    }
  };

  return {
    async pathFor(adapter, base, signal, say) {
      const folder = await peftFolderOf(adapter);
      if (folder === undefined) return adapter;
      const key = await keyOf(folder, base, signal);
      const turn = turns.enter();
      try {
        await turn.wait(signal);
        const kept = await findConvertedAdapter(key, cache);
        if (kept !== undefined) return kept;
        say(`Converting adapter ${basename(folder)} for this model …`);
        const { written, done } = await convert(folder, base, signal);
        try {
          const made = await keepConvertedAdapter(written, key, cache);
          await keepCacheLimit(home).catch(() => 0);
          return made;
        } finally {
          await done();
        }
      } finally {
        turn.leave();
      }
    },
  };
}

/** The folder of an adapter in PEFT's form, given as the folder or its weights; undefined for other files. */
async function peftFolderOf(path: string): Promise<string | undefined> {
  const status = await stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  if (status.isDirectory()) return path;
  if (!path.endsWith('.safetensors')) return undefined;
  if (/^adapter_model\b/.test(basename(path))) return dirname(path);
  throw new StudioError('adapter/invalid', `${path} is not the weights file of a PEFT adapter.`, {
    hint: 'Choose the folder with adapter_config.json and adapter_model.safetensors, or a GGUF adapter.',
  });
}

function fileOf(
  outputs: readonly WrittenFile[],
  folder: string,
): { readonly path: string; readonly sha256: string } {
  const { path, sha256 } = outputs[0] ?? {};
  if (path !== undefined && sha256 !== undefined) return { path, sha256 };
  throw new StudioError('internal', `Converting ${folder} wrote no file.`);
}

function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}
