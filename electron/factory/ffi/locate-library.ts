// Finds the llama.cpp libraries that node-llama-cpp's platform package carries, and the release in their file names.
// Only found here, not loaded: worker threads get the result as plain data.
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';

export interface LocatedLibrary {
  /** Folder of the libraries; back ends are loaded from it. */
  readonly folder: string;
  /** llama.cpp's release from the file name, for example `0.5.0`. */
  readonly release: string;
  readonly llamaPath: string;
  readonly ggmlPath: string;
  readonly ggmlBasePath: string;
}

const systemNames: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'linux',
  darwin: 'mac',
  win32: 'win',
};
const archNames: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'x64',
  arm64: 'arm64',
  arm: 'armv7l',
};

/** Name of the platform package's part behind the scope; undefined where none exists. */
export function platformPackage(
  platform: NodeJS.Platform,
  arch: NodeJS.Architecture,
): string | undefined {
  const system = systemNames[platform];
  const processor = archNames[arch];
  if (system === undefined || processor === undefined) return undefined;
  return system === 'mac' && processor === 'arm64' ? 'mac-arm64-metal' : `${system}-${processor}`;
}

/** Native libraries cannot be loaded from inside an asar archive: Electron keeps them beside it. */
export function unpackedPath(path: string): string {
  return path.replace(/([\\/])app\.asar(?=[\\/])/, '$1app.asar.unpacked');
}

/** The library folder of a platform package, or undefined when it is not installed. */
export function packageFolder(name: string): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    // The platform packages are node-llama-cpp's own dependencies: with some package managers only it can see them.
    const host = createRequire(require.resolve('node-llama-cpp'));
    const entry = host.resolve(`@node-llama-cpp/${name}`);
    return unpackedPath(join(dirname(entry), '..', 'bins', name));
  } catch {
    return undefined;
  }
}

/** Finds the libraries of this machine's platform package. Throws `native/unavailable` when there are none. */
export function locateLibrary(): LocatedLibrary {
  const name = platformPackage(process.platform, process.arch);
  if (name === undefined) {
    throw new StudioError(
      'native/unavailable',
      `There is no build of llama.cpp for ${process.platform} on ${process.arch}.`,
      { hint: 'Use 64 bit Linux on x64.' },
    );
  }
  const folder = packageFolder(name);
  if (folder === undefined || !existsSync(folder)) {
    throw new StudioError(
      'native/unavailable',
      `The package @node-llama-cpp/${name}, which carries llama.cpp, is not installed.`,
      { hint: 'Run npm install in the folder of GGUF Studio, without --omit=optional.' },
    );
  }
  return locateIn(folder);
}

const libraryPattern = /^(?:lib)?(llama|ggml)\.v(\d+\.\d+\.\d+)\.(so|dylib|dll)$/;

/** Reads the release from the file names in a folder. Throws `native/unavailable` when the libraries are not there. */
export function locateIn(folder: string): LocatedLibrary {
  const files = readdirSync(folder);
  const paths = new Map<string, { path: string; release: string; extension: string }>();
  for (const file of files) {
    const match = libraryPattern.exec(file);
    if (match === null) continue;
    paths.set(match[1]!, { path: join(folder, file), release: match[2]!, extension: match[3]! });
  }
  const llama = paths.get('llama');
  const ggml = paths.get('ggml');
  const base = files.find((file) => /^(?:lib)?ggml-base\.(so|dylib|dll)$/.test(file));
  if (llama === undefined || ggml?.release !== llama.release || base === undefined) {
    throw new StudioError(
      'native/unavailable',
      `${folder} does not hold the libraries of one llama.cpp release (libllama, libggml, libggml-base).`,
      { hint: 'Remove node_modules and run npm install: the package is incomplete.' },
    );
  }
  return {
    folder,
    release: llama.release,
    llamaPath: llama.path,
    ggmlPath: ggml.path,
    ggmlBasePath: join(folder, base),
  };
}
