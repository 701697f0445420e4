import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { structSizesOf } from '#electron/factory/ffi/known-releases.ts';
import {
  locateIn,
  locateLibrary,
  platformPackage,
  unpackedPath,
} from '#electron/factory/ffi/locate-library.ts';
import { openLlamaLibrary } from '#electron/factory/ffi/open-llama-library.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'library-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function withFiles(...names: string[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const name of names) await writeFile(join(folder, name), 'not a library');
  return folder;
}

describe('finding the libraries', () => {
  it("finds this machine's, of a release that is known", () => {
    const location = locateLibrary();
    expect(() => structSizesOf(location.release)).not.toThrow();
    expect(location.llamaPath.startsWith(location.folder)).toBe(true);
  });

  it.each([
    ['linux', 'x64', 'linux-x64'],
    ['linux', 'arm64', 'linux-arm64'],
    ['linux', 'arm', 'linux-armv7l'],
    ['darwin', 'arm64', 'mac-arm64-metal'],
    ['darwin', 'x64', 'mac-x64'],
    ['win32', 'x64', 'win-x64'],
    ['freebsd', 'x64', undefined],
    ['linux', 'mips', undefined],
  ] as const)('knows the package of %s on %s', (platform, arch, name) => {
    expect(platformPackage(platform, arch)).toBe(name);
  });

  it('looks beside an asar archive, not inside', () => {
    expect(unpackedPath('/opt/app/resources/app.asar/node_modules/x')).toBe(
      '/opt/app/resources/app.asar.unpacked/node_modules/x',
    );
    expect(unpackedPath('C:\\app\\app.asar\\x')).toBe('C:\\app\\app.asar.unpacked\\x');
    expect(unpackedPath('/opt/app.asar.unpacked/x')).toBe('/opt/app.asar.unpacked/x');
    expect(unpackedPath('/home/me/app.asarium/x')).toBe('/home/me/app.asarium/x');
  });

  it.each([
    ['libllama.v0.6.1.so', 'libggml.v0.6.1.so', 'libggml-base.so'],
    ['llama.v0.6.1.dll', 'ggml.v0.6.1.dll', 'ggml-base.dll'],
    ['libllama.v0.6.1.dylib', 'libggml.v0.6.1.dylib', 'libggml-base.dylib'],
  ])('reads the release from %s', async (...files) => {
    expect(locateIn(await withFiles(...files)).release).toBe('0.6.1');
  });

  it('refuses libraries of different releases or with one missing', async () => {
    const mixed = await withFiles('libllama.v0.5.0.so', 'libggml.v0.4.0.so', 'libggml-base.so');
    expect(() => locateIn(mixed)).toThrow('one llama.cpp release');
    await rm(join(folder, 'libggml.v0.4.0.so'));
    expect(() => locateIn(folder)).toThrow('one llama.cpp release');
  });
});

describe('opening the libraries', () => {
  it('refuses a release whose layouts are not known before it loads anything', async () => {
    const files = ['libllama.v0.6.1.so', 'libggml.v0.6.1.so', 'libggml-base.so'];
    const location = locateIn(await withFiles(...files));
    expect(() => openLlamaLibrary(location)).toThrow('release 0.6.1; GGUF Studio knows');
    expect(() => structSizesOf('__proto__')).toThrow('knows the memory layouts of 0.5.0 only');
  });

  it('says when a library cannot be loaded', async () => {
    const files = ['libllama.v0.5.0.so', 'libggml.v0.5.0.so', 'libggml-base.so'];
    const location = locateIn(await withFiles(...files));
    expect(() => openLlamaLibrary(location)).toThrow(/libllama\.v0\.5\.0\.so cannot be loaded/);
  });
});
