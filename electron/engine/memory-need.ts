// How much memory a model and its context will take, and how much there is: asked before loading, so that nothing is
// loaded that does not fit.
import { freemem } from 'node:os';
import { GgufInsights, readGgufFileInfo, type Llama } from 'node-llama-cpp';
import type { ModelFile } from './model-file.ts';

export interface MemoryAmount {
  readonly ram: number;
  readonly vram: number;
}

export interface MemoryNeed {
  /** For the weights, with as many layers on a GPU as were asked for. */
  readonly model: MemoryAmount;
  readonly context: MemoryAmount;
  readonly totalLayers: number;
}

/** RAM that is left to everything else on the machine. */
const reserve = 256 * 2 ** 20;

/**
 * llama.cpp's own simulation of loading (no tensor is allocated). Where it fails, the size of the file and of an F16
 * cache of typical width stand in.
 */
export async function estimateNeed(
  llama: Llama,
  file: ModelFile,
  wanted: { readonly gpuLayers: 'auto' | number; readonly contextSize: number },
): Promise<MemoryNeed> {
  try {
    const info = await readGgufFileInfo(file.path, { logWarnings: false });
    const insights = await GgufInsights.from(info, llama);
    const { totalLayers } = insights;
    const layers =
      llama.gpu === false
        ? 0
        : Math.min(wanted.gpuLayers === 'auto' ? totalLayers : wanted.gpuLayers, totalLayers);
    const model = await insights.estimateModelResourceRequirementsV2({ gpuLayers: layers });
    const context = await insights.estimateContextResourceRequirementsV2({
      contextSize: wanted.contextSize,
      modelGpuLayers: layers,
    });
    return {
      model: { ram: model.cpuRam, vram: model.gpuVram },
      context: { ram: context.cpuRam, vram: context.gpuVram },
      totalLayers,
    };
  } catch {
    // A file that cannot be read this way is refused with a reason when it is loaded.
    return {
      model: { ram: file.bytes, vram: 0 },
      context: { ram: wanted.contextSize * 64 * 1024, vram: 0 },
      totalLayers: 0,
    };
  }
}

/**
 * Bytes that more columns may take; negative when too much is loaded. `used` is what the loaded ones take; of it, `mapped` are files in the page cache, which
 * systems count as free although the models need them.
 */
export async function freeMemory(
  llama: Llama,
  used: { readonly ram: number; readonly mapped: number },
  budget: number | undefined,
): Promise<MemoryAmount> {
  const { free } = await llama.getRamState().catch(() => ({ free: freemem() }));
  const ofMachine = free - used.mapped - reserve;
  const ofBudget = budget === undefined ? Infinity : budget - used.ram;
  const vram = llama.gpu === false ? 0 : (await llama.getVramState()).free;
  return { ram: Math.min(ofMachine, ofBudget), vram };
}
