// `describeMachine`: cores, memory, the llama.cpp release and the devices its back ends find. A machine where llama.cpp
// cannot be loaded is described too: that is when people ask.
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { readFile } from 'node:fs/promises';
import type { Machine } from '#src/contract/machine.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { nativeLibrary } from '../native-library.ts';
import { checkKernels, kernelChoice } from '../quantize/kernel-check.ts';

export async function describeMachine(): Promise<Machine> {
  return {
    platform: process.platform,
    architecture: process.arch,
    nodeVersion: process.versions.node,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    freeMemoryBytes: await availableMemory(),
    kernels: describeKernels(),
    llama: describeLlama(),
  };
}

/** Tried once per process: nothing that they depend on changes while it runs. */
let kernels: Machine['kernels'] | undefined;

function describeKernels(): Machine['kernels'] {
  try {
    kernels ??= checkKernels(nativeLibrary().rows, kernelChoice());
    return kernels;
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    return [];
  }
}

function describeLlama(): Machine['llama'] {
  try {
    const library = nativeLibrary();
    library.devices.loadBackends();
    library.devices.loadGpuBackends();
    return {
      release: library.location.release,
      folder: library.location.folder,
      features: library.devices.systemInfo(),
      devices: [...library.devices.list()],
    };
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    return { unavailable: [error.message, error.hint].filter(Boolean).join(' ') };
  }
}

/** Linux counts reclaimable cache as available; `freemem` does not. */
export async function availableMemory(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}
