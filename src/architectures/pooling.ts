// How an embedding model makes one vector of many: `<arch>.pooling_type` (llama_pooling_type of llama.h).
import { uint32Entry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { PoolingType } from './architecture.ts';

const poolingNumbers: Record<PoolingType, number> = { mean: 1, cls: 2, last: 3 };

export function poolingMetadata(arch: string, type: PoolingType | undefined): GgufEntry[] {
  return type === undefined ? [] : [uint32Entry(`${arch}.pooling_type`, poolingNumbers[type])];
}
