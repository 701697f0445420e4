// What a model will need of RAM or VRAM, from its header alone: shown beside every model, and what a chat's columns are
// fitted into memory by. Checked against what llama.cpp allocates (test/unit/stages/library/memory-estimate.test.ts).
import type { MemoryEstimate } from '#src/contract/library.ts';
import { entryNumber } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { readAttentionLayout, type AttentionLayout } from './attention-layout.ts';

/** What the formula reads of a header; tensors with their bytes as they lie in the file. */
export interface SizedModel {
  readonly architecture: string;
  readonly metadata: readonly GgufEntry[];
  readonly tensors: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly byteLength: number;
  }[];
}

/** Context where neither the file nor the user asks for one. */
export const usualContextSize = 4096;
/** Tokens that are evaluated together (`n_ubatch` of llama.cpp and node-llama-cpp). */
const batchSize = 512;
/** llama.cpp rounds the cells of a cache up to this. */
const cellPadding = 256;

/**
 * Bytes for the weights, a 16-bit KV cache of `contextSize` tokens and llama.cpp's compute buffer (release 0.5.0, one
 * sequence, flash attention where it is automatic). `contextSize` is cut to the trained window; without one it is the
 * file's own `studio.context_window`, else 4096.
 *
 * - Weights: the tensors as they lie in the file (they are mapped, or copied to the GPU as they are).
 * - Cache: per layer cells x (K + V values) x 2. Cells are the context, rounded up to 256; in layers with a sliding
 *   window (llama_kv_cache_iswa) at most window + batch.
 * - Compute, with T = min(512, context) tokens of F32 values, E embedding, F feed-forward, Q query, V vocabulary length:
 *   the largest of the moments logits T(V + 2E), feed-forward T(3F + 4E), without a gate T(F + 4E), and attention
 *   T(3E + 2Q), the last two with the attention mask (2 bytes a cell and token). With experts F is that of those used. Where scores are capped there is no flash attention: the scores of all
 *   heads are stored too, T x cells x heads, and the mask has 4 bytes. Coefficients: measured buffers of llama, gpt2,
 *   gemma2 and gemma3 models; they hold within 10 %.
 *
 * Undefined where the metadata do not describe the layers.
 */
export function estimateMemory(
  model: SizedModel,
  contextSize?: number,
): MemoryEstimate | undefined {
  const { architecture, metadata, tensors } = model;
  const layout = readAttentionLayout(architecture, metadata);
  if (layout === undefined) return undefined;
  const wanted = contextSize ?? entryNumber(metadata, 'studio.context_window') ?? usualContextSize;
  const trained = entryNumber(metadata, `${architecture}.context_length`) ?? wanted;
  const context = Math.max(1, Math.min(wanted, trained));
  const vocabularyLength =
    entryNumber(metadata, `${architecture}.vocab_size`) ?? vocabularyOf(tensors);
  return {
    weightsBytes: tensors.reduce((sum, { byteLength }) => sum + byteLength, 0),
    cacheBytes: cacheBytes(layout, context),
    computeBytes: computeBytes(layout, context, vocabularyLength, feedForwardValues(model, layout)),
    contextSize: context,
  };
}

/** All of it together. */
export function totalMemory(estimate: MemoryEstimate): number {
  return estimate.weightsBytes + estimate.cacheBytes + estimate.computeBytes;
}

function cellsFor(window: number | undefined, context: number): number {
  const cells = padCells(context);
  if (window === undefined) return cells;
  // node-llama-cpp evaluates one token more than its batch where a cache has windows.
  return padCells(Math.min(cells, window + batchSize + 1));
}

function padCells(count: number): number {
  return Math.ceil(count / cellPadding) * cellPadding;
}

function cacheBytes(layout: AttentionLayout, context: number): number {
  return layout.layers.reduce(
    (sum, layer) =>
      sum + cellsFor(layer.window, context) * layer.valuesPerToken * 2 + layer.stateBytes,
    0,
  );
}

function computeBytes(
  layout: AttentionLayout,
  context: number,
  vocabularyLength: number,
  feedForwardValues: number,
): number {
  const tokens = Math.min(batchSize, context);
  const { embeddingLength, queryLength, headCount, capsScores } = layout;
  const windows = new Set(layout.layers.map(({ window }) => window));
  const maskCells = [...windows].reduce((sum: number, each) => sum + cellsFor(each, context), 0);
  const mask = tokens * maskCells * (capsScores ? 4 : 2);
  const scores = capsScores ? headCount * padCells(context) + 2 * queryLength : 0;
  const logits = 4 * tokens * (vocabularyLength + 2 * embeddingLength);
  const feedForward = 4 * tokens * (feedForwardValues + 4 * embeddingLength) + mask;
  const attention = 4 * tokens * (3 * embeddingLength + 2 * queryLength + scores) + mask;
  return Math.max(logits, feedForward, attention);
}

/** F32 values that a token has at once between the matrices of a feed-forward layer. */
function feedForwardValues(
  { architecture, metadata, tensors }: SizedModel,
  layout: AttentionLayout,
): number {
  const number = (key: string) => entryNumber(metadata, `${architecture}.${key}`) ?? 0;
  const length = Math.max(
    layout.feedForwardLength,
    number('expert_used_count') * number('expert_feed_forward_length'),
  );
  // Phi-3 and others hold gate and up in one matrix of twice the rows.
  const isGated = tensors.some(
    ({ name, shape }) =>
      /^blk\.\d+\.ffn_gate(?:_exps)?\.weight$/.test(name) ||
      (/^blk\.\d+\.ffn_up\.weight$/.test(name) && shape[1] === 2 * layout.feedForwardLength),
  );
  return (isGated ? 3 : 1) * length;
}

function vocabularyOf(tensors: SizedModel['tensors']): number {
  const shape = (name: string) => tensors.find((tensor) => tensor.name === name)?.shape;
  return (shape('output.weight') ?? shape('token_embd.weight'))?.[1] ?? 0;
}
