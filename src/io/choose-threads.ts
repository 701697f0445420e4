// How many threads compute a model's answers. llama.cpp's threads wait for each other by spinning, so more of them than
// the work needs make small models slower, not faster: 22.6 s with 4 threads, 0.86 s with 2 and 0.06 s with 1 were
// measured for Seedling on 2 cores.
import { availableParallelism } from 'node:os';

/** Files below this fit into a processor's cache: a token takes less than handing its work to a second thread. */
const smallModelBytes = 64e6;

/** A model whose token takes about as long as what is done around it: sampling, text, events. */
export function isSmallModel(modelBytes: number): boolean {
  return modelBytes < smallModelBytes;
}

/** Threads for a model of `modelBytes`: never more than the cores, one for models that fit into a processor's cache. */
export function chooseThreads(modelBytes: number, cores = availableParallelism()): number {
  if (isSmallModel(modelBytes)) return 1;
  if (modelBytes < 512e6) return Math.min(2, cores);
  // Beyond 8, memory is what limits a processor, and other hosts need cores too.
  return Math.min(8, cores);
}
