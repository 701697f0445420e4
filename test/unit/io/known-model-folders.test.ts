import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findKnownModelFolders } from '#src/io/known-model-folders.ts';
import { libraryFolder, type LibraryFolder } from '#test/helpers/library-files.ts';

let home: LibraryFolder;
const make = async (...names: string[]) => {
  const path = join(home.path, ...names);
  await mkdir(path, { recursive: true });
  return path;
};

beforeEach(async () => {
  home = await libraryFolder();
});
afterEach(() => home.remove());

describe('known model folders', () => {
  it('are none in an empty home', async () => {
    expect(await findKnownModelFolders({}, home.path, 'linux')).toEqual([]);
  });

  it('are those of each program at its usual place', async () => {
    const expected = [
      { path: await make('.lmstudio', 'models'), what: 'LM Studio' },
      { path: await make('.cache', 'lm-studio', 'models'), what: 'LM Studio' },
      { path: await make('.cache', 'llama.cpp'), what: 'llama.cpp' },
      { path: await make('.cache', 'huggingface', 'hub'), what: 'Hugging Face' },
      { path: await make('.local', 'share', 'nomic.ai', 'GPT4All'), what: 'GPT4All' },
      { path: await make('.local', 'share', 'Jan', 'data'), what: 'Jan' },
    ];
    expect(await findKnownModelFolders({}, home.path, 'linux')).toEqual(expected);
  });

  it('are where the environment says', async () => {
    const llama = await make('disk', 'llama');
    const hub = await make('disk', 'hub');
    await make('.cache', 'llama.cpp');
    await make('.cache', 'huggingface', 'hub');
    const environment = { LLAMA_CACHE: llama, HF_HUB_CACHE: hub };
    expect(await findKnownModelFolders(environment, home.path, 'linux')).toEqual([
      { path: llama, what: 'llama.cpp' },
      { path: hub, what: 'Hugging Face' },
    ]);
    expect(
      await findKnownModelFolders({ HF_HOME: join(home.path, 'disk') }, home.path, 'linux'),
    ).toContainEqual({ path: hub, what: 'Hugging Face' });
    const moved = await make('xdg', 'llama.cpp');
    const found = await findKnownModelFolders(
      { XDG_CACHE_HOME: join(home.path, 'xdg') },
      home.path,
      'linux',
    );
    expect(found).toEqual([{ path: moved, what: 'llama.cpp' }]);
  });

  it('are where LM Studio was told to put its models', async () => {
    const models = await make('disk', 'models');
    await home.write('.lmstudio/settings.json', { downloadsFolder: models });
    expect(await findKnownModelFolders({}, home.path, 'linux')).toEqual([
      { path: models, what: 'LM Studio' },
    ]);
    await home.write('.lmstudio/settings.json', '{ not json');
    expect(await findKnownModelFolders({}, home.path, 'linux')).toEqual([]);
    const moved = await make('elsewhere', 'models');
    await home.write('.lmstudio-home-pointer', `${join(home.path, 'elsewhere')}\n`);
    expect(await findKnownModelFolders({}, home.path, 'linux')).toEqual([
      { path: moved, what: 'LM Studio' },
    ]);
  });

  it('are listed once where links lead to the same, and only if they are folders', async () => {
    const models = await make('.lmstudio', 'models');
    await home.link(models, '.cache/lm-studio/models');
    await home.write('.cache/llama.cpp', 'a file');
    expect(await findKnownModelFolders({}, home.path, 'linux')).toEqual([
      { path: models, what: 'LM Studio' },
    ]);
  });

  it('are those of the other systems, too', async () => {
    const mac = await make('Library', 'Caches', 'llama.cpp');
    expect(await findKnownModelFolders({}, home.path, 'darwin')).toEqual([
      { path: mac, what: 'llama.cpp' },
    ]);
    const windows = await make('Local', 'llama.cpp');
    const environment = { LOCALAPPDATA: join(home.path, 'Local') };
    expect(await findKnownModelFolders(environment, home.path, 'win32')).toEqual([
      { path: windows, what: 'llama.cpp' },
    ]);
  });
});
