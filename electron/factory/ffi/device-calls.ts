// Which processors and graphics cards llama.cpp sees here. Back ends are separate libraries that are loaded on demand.
import koffi, { type LibraryHandle } from 'koffi';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceCalls, DeviceInfo } from './llama-library.types.ts';
import { packageFolder, platformPackage, type LocatedLibrary } from './locate-library.ts';

/** ggml_backend_dev_type. */
const deviceKinds: readonly DeviceInfo['kind'][] = ['cpu', 'gpu', 'integrated-gpu', 'accelerator'];

export function openDeviceCalls(
  location: LocatedLibrary,
  llama: LibraryHandle,
  ggml: LibraryHandle,
  base: LibraryHandle,
): DeviceCalls {
  const loadAll = ggml.func('ggml_backend_load_all_from_path', 'void', ['const char *']) as (
    folder: string,
  ) => void;
  const loadOne = ggml.func('ggml_backend_load', 'void *', ['const char *']) as (
    path: string,
  ) => bigint | null;
  const count = ggml.func('ggml_backend_dev_count', 'size_t', []) as () => number;
  const get = ggml.func('ggml_backend_dev_get', 'void *', ['size_t']) as (index: number) => bigint;
  const text = (name: string) =>
    base.func(name, 'const char *', ['void *']) as (device: bigint) => string | null;
  const nameOf = text('ggml_backend_dev_name');
  const descriptionOf = text('ggml_backend_dev_description');
  const typeOf = base.func('ggml_backend_dev_type', 'int', ['void *']) as (d: bigint) => number;
  const memoryOf = base.func('ggml_backend_dev_memory', 'void', [
    'void *',
    koffi.out(koffi.pointer('size_t')),
    koffi.out(koffi.pointer('size_t')),
  ]) as (device: bigint, free: (number | null)[], total: (number | null)[]) => void;
  const systemInfo = llama.func('llama_print_system_info', 'const char *', []) as () => string;
  let backendsLoaded = false;
  let gpuBackends: readonly string[] | undefined;

  function loadBackends(): void {
    if (backendsLoaded) return;
    backendsLoaded = true;
    loadAll(location.folder);
  }

  function describe(index: number): DeviceInfo {
    const device = get(index);
    const free: (number | null)[] = [null];
    const total: (number | null)[] = [null];
    memoryOf(device, free, total);
    return {
      name: nameOf(device) ?? '',
      description: descriptionOf(device) ?? '',
      kind: deviceKinds[typeOf(device)] ?? 'other',
      freeBytes: Number(free[0] ?? 0),
      totalBytes: Number(total[0] ?? 0),
    };
  }

  return {
    loadBackends,
    loadGpuBackends() {
      loadBackends();
      gpuBackends ??= gpuBackendPaths(location).filter((path) => loadOne(path) !== null);
      return gpuBackends;
    },
    list: () => Array.from({ length: Number(count()) }, (_, index) => describe(index)),
    systemInfo: () => systemInfo(),
  };
}

/** The CUDA and Vulkan back ends of the same release, from node-llama-cpp's other platform packages. */
function gpuBackendPaths(location: LocatedLibrary): string[] {
  const name = platformPackage(process.platform, process.arch);
  if (name === undefined) return [];
  return ['cuda', 'vulkan'].flatMap((api) => {
    const folder = packageFolder(`${name}-${api}`);
    if (folder === undefined || !existsSync(folder)) return [];
    const files = readdirSync(folder);
    if (!files.some((file) => file.includes(`.${api}.v${location.release}.`))) return [];
    const library = files.find((file) => new RegExp(`^(?:lib)?ggml-${api}\\.`).test(file));
    return library === undefined ? [] : [join(folder, library)];
  });
}
