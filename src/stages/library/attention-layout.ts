// How much a model remembers per token and layer, read from GGUF metadata as llama.cpp reads it (src/llama-hparams.cpp,
// the models' load_arch_hparams): grouped heads, layers with a sliding window, latent attention, recurrent states.
import { entryNumber, entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';

export interface LayerMemory {
  /** Values of K and V that one token adds; 0 for layers without a cache. */
  readonly valuesPerToken: number;
  /** The layer sees only this many tokens back. */
  readonly window: number | undefined;
  /** Bytes of a state that does not grow with the context (Mamba, RWKV). */
  readonly stateBytes: number;
}

export interface AttentionLayout {
  readonly layers: readonly LayerMemory[];
  readonly headCount: number;
  /** Values of a query over all heads. */
  readonly queryLength: number;
  readonly embeddingLength: number;
  readonly feedForwardLength: number;
  /** Attention scores are capped, for which llama.cpp's automatic choice does without flash attention. */
  readonly capsScores: boolean;
}

/** Far above real models; a hostile count must not make a long list. */
const maximumLayers = 4_096;

/** Every n-th layer sees everything, the others a window: what the models set when the file does not say. */
const windowPatterns: Readonly<
  Record<string, { every: number; fullFirst?: true; window?: number }>
> = {
  afmoe: { every: 4 },
  cohere2: { every: 4 },
  cohere2moe: { every: 4, fullFirst: true },
  'exaone-moe': { every: 4, window: 128 },
  exaone4: { every: 4 },
  'gemma-embedding': { every: 6 },
  gemma2: { every: 2, window: 4096 },
  gemma3: { every: 6 },
  gemma3n: { every: 5 },
  'gpt-oss': { every: 2 },
  laguna: { every: 4, fullFirst: true },
  llama4: { every: 4, window: 8192 },
  mellum: { every: 4 },
  'modern-bert': { every: 3, fullFirst: true },
  'muse-glimmer': { every: 4 },
  olmo2: { every: 4 },
  plamo3: { every: 8 },
  smallthinker: { every: 4, fullFirst: true, window: 4096 },
};

/** Encoders keep nothing between calls. */
const withoutCache = /bert|^t5encoder$|^gemma-embedding$|^llama-embed$|^wavtokenizer-dec$|^clip$/;

/** The layout, or undefined where the metadata do not say enough or say nonsense. */
export function readAttentionLayout(
  architecture: string,
  metadata: readonly GgufEntry[],
): AttentionLayout | undefined {
  const number = (key: string) => entryNumber(metadata, `${architecture}.${key}`);
  const layerCount = number('block_count');
  const embeddingLength = number('embedding_length');
  if (!isCount(layerCount) || layerCount > maximumLayers || !isCount(embeddingLength)) {
    return undefined;
  }
  const perLayer = (key: string, otherwise: number): readonly number[] =>
    numberPerLayer(metadata, `${architecture}.${key}`, layerCount, otherwise);
  const heads = perLayer('attention.head_count', 0);
  const headCount = Math.max(...heads);
  const headLength = headCount > 0 ? embeddingLength / headCount : 0;
  const keyLength = number('attention.key_length') ?? headLength;
  const valueLength = number('attention.value_length') ?? headLength;
  const headsKv = numberPerLayer(
    metadata,
    `${architecture}.attention.head_count_kv`,
    layerCount,
    undefined,
  ).map((count, layer) => count ?? heads[layer] ?? 0);
  const isLatent = number('attention.key_length_mla') !== undefined;
  const window = windowOf(architecture, metadata, layerCount);
  const cached = !withoutCache.test(architecture);
  const state = stateBytes(architecture, metadata, embeddingLength);
  const layers = headsKv.map((count, layer): LayerMemory => {
    const windowed = window.isWindowed(layer);
    const key = (windowed ? number('attention.key_length_swa') : undefined) ?? keyLength;
    const value = (windowed ? number('attention.value_length_swa') : undefined) ?? valueLength;
    return {
      valuesPerToken: cached ? count * (key + (isLatent ? 0 : value)) : 0,
      window: windowed ? window.length : undefined,
      stateBytes: count === 0 || /^(?:mamba|rwkv|arwkv|falcon-h1)/.test(architecture) ? state : 0,
    };
  });
  const total = layers.reduce((sum, layer) => sum + layer.valuesPerToken + layer.stateBytes, 0);
  if (!Number.isFinite(total) || total < 0) return undefined;
  return {
    layers,
    headCount,
    queryLength: headCount * keyLength,
    embeddingLength,
    feedForwardLength: Math.max(0, ...perLayer('feed_forward_length', 0)),
    capsScores: (number('attn_logit_softcapping') ?? 0) > 0,
  };
}

function windowOf(
  architecture: string,
  metadata: readonly GgufEntry[],
  layerCount: number,
): { readonly length: number; isWindowed(layer: number): boolean } {
  const preset = windowPatterns[architecture];
  const length =
    entryNumber(metadata, `${architecture}.attention.sliding_window`) ?? preset?.window ?? 0;
  const key = `${architecture}.attention.sliding_window_pattern`;
  const pattern = entryValue(metadata, key);
  if (!(length > 0)) return { length: 0, isWindowed: () => false };
  if (pattern?.type === 'array') {
    const flags = numberPerLayer(metadata, key, layerCount, 0);
    return { length, isWindowed: (layer) => (flags[layer] ?? 0) > 0 };
  }
  // Phi-3 and others name a window that llama.cpp does not use.
  const every = entryNumber(metadata, key) ?? preset?.every ?? 0;
  if (preset === undefined || !(every > 0)) return { length, isWindowed: () => false };
  return {
    length,
    isWindowed: (layer) =>
      preset.fullFirst === true ? layer % every !== 0 : layer % every < every - 1,
  };
}

/** Bytes of one recurrent layer's state: F32 values of the convolution and of the state itself. */
function stateBytes(
  architecture: string,
  metadata: readonly GgufEntry[],
  embeddingLength: number,
): number {
  const number = (key: string) => entryNumber(metadata, `${architecture}.${key}`) ?? 0;
  const headSize = number('wkv.head_size');
  if (headSize > 0) {
    const shifts = number('token_shift_count') || 2;
    return 4 * (shifts * embeddingLength + embeddingLength * headSize);
  }
  const shortConvolution = number('shortconv.l_cache');
  if (shortConvolution > 0) return 4 * embeddingLength * (shortConvolution - 1);
  const inner = number('ssm.inner_size');
  const stateSize = number('ssm.state_size');
  const convolution =
    Math.max(0, number('ssm.conv_kernel') - 1) *
    (inner + 2 * number('ssm.group_count') * stateSize);
  return 4 * (convolution + stateSize * inner);
}

/** A number for each layer, from one number or an array of them (also of bools). */
function numberPerLayer<Otherwise extends number | undefined>(
  metadata: readonly GgufEntry[],
  key: string,
  layerCount: number,
  otherwise: Otherwise,
): readonly (number | Otherwise)[] {
  const value = entryValue(metadata, key);
  const single = entryNumber(metadata, key);
  return Array.from({ length: layerCount }, (_, layer) => {
    if (value?.type !== 'array') return single ?? otherwise;
    if (value.elementType === 'string' || value.elementType === 'array') return otherwise;
    const element = Number(value.value[layer] ?? Number.NaN);
    return Number.isFinite(element) ? element : otherwise;
  });
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value > 0;
}
