// How much memory one pass of the writer takes at most. The formula is the writer's own: buffers × the largest slab (its
// source rows and one region per encoding that is computed), then what grows with the model and what the process costs.
import { availableParallelism } from 'node:os';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import type { TensorView } from '#src/model/model-view.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import { tasksPerWorker } from '../worker-pool.ts';
import { maximumWorkers } from './row-pool.ts';
import { defaultSlabBytes, fittingSlabBytes, layOutSlabs } from './slab-plan.ts';

/** Node with llama.cpp's libraries, before a model is opened; 85 MB were measured. */
const processBytes = 100 * 1024 * 1024;
/** A header as parsed values takes several times its bytes: vocabularies are strings. */
const parsedHeaderFactor = 10;
/** A worker's own heap, stacks and code; measured at 10 to 14 MB. */
const workerBytes = 14 * 1024 * 1024;

/**
 * Bytes that writing these plans in one pass takes: (2 × threads + 2) slab buffers, a slab of F32 rows that each worker
 * computes in (two where adapters are merged), the parsed headers, the workers and the process. Measured: 147 MB for
 * a 0.3 B model at two levels on two threads, 162 MB (told 190) for a merge of Seedling at four levels, validated.
 */
export function writingMemory(
  plans: readonly OutputPlan[],
  threads: number = availableParallelism(),
  cores: number = availableParallelism(),
): number {
  const workers = Math.max(1, Math.min(Math.floor(threads), cores, maximumWorkers));
  const buffers = workers * tasksPerWorker + 2;
  const work = computedTypes(plans);
  const largest = (slabBytes: number) =>
    Math.max(0, ...[...work].map(([source, types]) => layOutSlabs(source, [...types], slabBytes).byteLength)); // prettier-ignore
  const slabBytes = fittingSlabBytes(defaultSlabBytes, buffers, largest);
  const merges = [...work.keys()].some(({ loadCombination }) => loadCombination !== undefined);
  const scratch = workers * slabBytes * (merges ? 2 : 1);
  const headers = plans.map(({ header }) => header.bytes.byteLength);
  const parsed = parsedHeaderFactor * Math.max(0, ...headers) + headers.reduce((sum, size) => sum + size, 0); // prettier-ignore
  const slabs = buffers * largest(slabBytes) + scratch;
  return processBytes + workers * workerBytes + parsed + slabs;
}

/** Per source tensor, the types that are computed; a copy needs no region of its own. */
function computedTypes(plans: readonly OutputPlan[]): Map<TensorView, Set<GgmlType>> {
  const work = new Map<TensorView, Set<GgmlType>>();
  for (const { tensors } of plans) {
    for (const { source, type } of tensors) {
      const types = work.get(source) ?? new Set<GgmlType>();
      work.set(source, types);
      if (type !== source.type || source.loadCombination !== undefined) types.add(type);
    }
  }
  return work;
}
