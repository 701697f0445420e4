// A model that is measured: loaded with its adapters, a context for the chunks that are computed side by side, decoded batch
// by batch. The rows of logits stay in native memory: 512 of them of a vocabulary of 150,000 are 300 MB.
import { StudioError } from '#src/errors/studio-error.ts';
import type { ChunkBatch } from '#src/evaluation/chunk-plan.ts';
import { batchTokens, planBatches } from '#src/evaluation/chunk-plan.ts';
import type { LogitRows } from '#src/evaluation/position-scores.ts';
import type { ContextHandle, LlamaLibrary, ModelHandle } from '../ffi/llama-library.types.ts';

export interface EvaluationModelOptions {
  /** For messages; the file may be a temporary one. */
  readonly label: string;
  readonly path: string;
  readonly adapters: readonly { readonly path: string; readonly scale: number }[];
  readonly contextSize: number;
  /** At most so many are decoded at once; together they fit one batch. 1 when absent. */
  readonly chunksAtOnce?: number | undefined;
  readonly threads: number;
  readonly gpuLayers: number;
}

export class EvaluationModel {
  readonly vocabularySize: number;
  /** Put in place of a chunk's first token; -1 where the vocabulary adds none. */
  readonly startToken: number;
  private readonly buffer: Int32Array;

  private constructor(
    private readonly library: LlamaLibrary,
    private readonly model: ModelHandle,
    private readonly context: ContextHandle,
    batchSize: number,
  ) {
    const vocabulary = library.models.vocabulary(model);
    this.vocabularySize = library.vocabulary.size(vocabulary);
    const addsBos = library.vocabulary.addsBos(vocabulary);
    this.startToken = addsBos ? library.vocabulary.specialTokens(vocabulary).bos : -1;
    this.buffer = new Int32Array(batchSize);
  }

  /** Throws `native/failed`, `memory/short`, `adapter/wrong-base`, `architecture/unsupported` for models that only encode. */
  static async open(
    library: LlamaLibrary,
    options: EvaluationModelOptions,
  ): Promise<EvaluationModel> {
    const { label, contextSize, threads, gpuLayers, chunksAtOnce = 1 } = options;
    const model = await library.models.load(options.path, { gpuLayers });
    let context: ContextHandle | undefined;
    try {
      const { hasDecoder, hasEncoder } = library.models.describe(model);
      if (!hasDecoder || hasEncoder) {
        throw new StudioError(
          'architecture/unsupported',
          `${label} encodes texts; it does not predict the next token.`,
          { hint: 'Measure models that generate text.' },
        );
      }
      const batchSize = chunksAtOnce * Math.min(batchTokens, contextSize);
      context = library.contexts.create(model, {
        contextSize: chunksAtOnce * contextSize,
        batchSize,
        sequences: chunksAtOnce,
        threads,
      });
      library.adapters.applyFiles(model, context, options.adapters);
      return new EvaluationModel(library, model, context, batchSize);
    } catch (error) {
      if (context !== undefined) library.contexts.free(context);
      library.models.free(model);
      throw error;
    }
  }

  /**
   * Computes one batch of every chunk (the whole chunks, as they stand in the text, equally long). The chunks' first batch
   * empties the memory. Gives each chunk's rows that count, undefined when there are none; they stay until the next call.
   */
  async decode(chunks: readonly Int32Array[], batch: ChunkBatch): Promise<LogitRows[] | undefined> {
    const { start, count, firstOutput, scored } = batch;
    const { contexts } = this.library;
    const tokens = this.buffer.subarray(0, chunks.length * count);
    if (start === 0) contexts.clear(this.context);
    for (const [index, chunk] of chunks.entries()) {
      const piece = tokens.subarray(index * count, (index + 1) * count);
      piece.set(chunk.subarray(start, start + count));
      if (start === 0 && this.startToken >= 0) piece[0] = this.startToken;
    }
    await contexts.decode(this.context, {
      tokens,
      firstPosition: start,
      outputs: { from: firstOutput },
      sequences: chunks.length,
    });
    if (scored === 0) return undefined;
    return chunks.map((_, index) => ({
      address: contexts.logitsAddress(this.context, index * count + firstOutput),
      count: scored,
    }));
  }

  /**
   * The logits at a position of a chunk, computed in the batches of a measurement: other batches round differently.
   */
  async logitsAt(tokens: Int32Array, position: number): Promise<Float32Array> {
    for (const batch of planBatches(tokens.length)) {
      const index = position - batch.start;
      if (index >= batch.count) {
        await this.decode([tokens], { ...batch, scored: 0 });
        continue;
      }
      // Positions that are only context have no logits otherwise.
      await this.decode([tokens], {
        ...batch,
        firstOutput: Math.min(batch.firstOutput, index),
        scored: 0,
      });
      return this.library.contexts.logits(this.context, index, this.vocabularySize);
    }
    throw new Error(
      `A chunk of ${tokens.length} tokens has no position ${position} with a prediction.`,
    );
  }

  /** A token's text; bytes that are no whole character are shown as U+FFFD. */
  tokenText(token: number): string {
    const vocabulary = this.library.models.vocabulary(this.model);
    return Buffer.from(this.library.vocabulary.tokenBytes(vocabulary, token, true)).toString(
      'utf8',
    );
  }

  dispose(): void {
    this.library.contexts.free(this.context);
    this.library.models.free(this.model);
  }
}
