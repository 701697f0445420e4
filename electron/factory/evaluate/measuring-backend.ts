// What computes: part of a measurement's conditions, because other processors and cards round differently.
import { availableParallelism, cpus } from 'node:os';
import type { LlamaLibrary } from '../ffi/llama-library.types.ts';

export interface MeasuringBackend {
  /** `CPU`, or the graphics cards' names. */
  readonly backend: string;
  /** Of the loaded CPU library: `haswell`. */
  readonly cpuVariant: string;
  readonly llamaRelease: string;
  readonly machine: string;
}

/** Loads the back ends and tells which they are. */
export function openBackend(library: LlamaLibrary, gpuLayers: number): MeasuringBackend {
  library.devices.loadBackends();
  if (gpuLayers > 0) library.devices.loadGpuBackends();
  const cards = library.devices
    .list()
    .filter(({ kind }) => kind === 'gpu' || kind === 'integrated-gpu');
  return {
    backend: gpuLayers > 0 && cards.length > 0 ? cards.map(({ name }) => name).join(', ') : 'CPU',
    cpuVariant: (variant ??= loadedVariant() ?? library.devices.systemInfo()),
    llamaRelease: library.location.release,
    machine: `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} threads`,
  };
}

let variant: string | undefined;

/** llama.cpp does not tell which of its CPU libraries it chose; the process's list of libraries does. */
function loadedVariant(): string | undefined {
  const report = process.report.getReport() as { sharedObjects?: unknown };
  const loaded = Array.isArray(report.sharedObjects) ? report.sharedObjects : [];
  for (const path of loaded) {
    const name =
      typeof path === 'string' ? /ggml-cpu-([a-z0-9_]+)\.[^/\\]*$/i.exec(path)?.[1] : undefined;
    if (name !== undefined) return name;
  }
  return undefined;
}
