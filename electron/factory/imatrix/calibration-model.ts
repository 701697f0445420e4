// A model that reads calibration texts: loaded with its adapters and a context that looks into its products. Batches are
// those of llama-imatrix: several chunks side by side where they fit, or one chunk in several pieces.
import { StudioError } from '#src/errors/studio-error.ts';
import type {
  ContextHandle,
  LlamaLibrary,
  ModelHandle,
  Observation,
  ProductObserver,
} from '../ffi/llama-library.types.ts';
import type { CalibrationBatch } from './calibration-texts.ts';

export interface CalibrationModelOptions {
  /** The GGUF to load. */
  readonly path: string;
  /** For messages; the file may be a temporary one. */
  readonly label: string;
  readonly adapters: readonly { readonly path: string; readonly scale: number }[];
  readonly contextSize: number;
  readonly batchSize: number;
  readonly microBatchSize: number;
  readonly threads: number;
  readonly gpuLayers: number;
}

/** Every token's logits are computed, or the last layer would see only one; their buffer is held to this. */
const logitsBytes = 1 << 30;

/** Chunks that one batch holds. */
export function chunksSideBySide(
  { contextSize, batchSize }: Pick<CalibrationModelOptions, 'contextSize' | 'batchSize'>,
  vocabularySize: number,
): number {
  const fitting = Math.floor(logitsBytes / (contextSize * vocabularySize * 4));
  return Math.max(1, Math.min(Math.floor(batchSize / contextSize), fitting));
}

export class CalibrationModel {
  private constructor(
    private readonly library: LlamaLibrary,
    private readonly model: ModelHandle,
    private readonly observation: Observation,
    private readonly context: ContextHandle,
    private readonly contextSize: number,
    private readonly batchLength: number,
  ) {}

  /** Throws `native/failed`, `memory/short`, `adapter/wrong-base`, and `architecture/unsupported` for models that encode. */
  static async open(
    library: LlamaLibrary,
    observer: ProductObserver,
    options: CalibrationModelOptions,
  ): Promise<CalibrationModel> {
    const { path, contextSize, threads, gpuLayers } = options;
    const model = await library.models.load(path, { gpuLayers });
    let observation: Observation | undefined;
    let context: ContextHandle | undefined;
    try {
      const { hasEncoder, hasDecoder } = library.models.describe(model);
      if (hasEncoder || !hasDecoder) {
        throw new StudioError(
          'architecture/unsupported',
          `${options.label} encodes texts; importance matrices are collected for models that generate.`,
        );
      }
      const vocabularySize = library.vocabulary.size(library.models.vocabulary(model));
      const sequences = chunksSideBySide(options, vocabularySize);
      // A chunk that is longer than a batch is read in pieces.
      const batchLength = Math.min(options.batchSize, contextSize);
      observation = library.evaluation.observe(observer);
      context = library.contexts.create(model, {
        contextSize: sequences * contextSize,
        batchSize: sequences * batchLength,
        microBatchSize: Math.min(options.microBatchSize, sequences * batchLength),
        sequences,
        threads,
        evaluationCallback: observation.address,
      });
      library.adapters.applyFiles(model, context, options.adapters);
      return new CalibrationModel(library, model, observation, context, contextSize, batchLength);
    } catch (error) {
      if (context !== undefined) library.contexts.free(context);
      observation?.dispose();
      library.models.free(model);
      throw error;
    }
  }

  /** Computes chunks from an empty memory. Throws what the observer threw. */
  async read({ text, firstChunk, chunks }: CalibrationBatch): Promise<void> {
    const { contexts, vocabulary: words, models } = this.library;
    const vocabulary = models.vocabulary(this.model);
    contexts.clear(this.context);
    for (let start = 0; start < this.contextSize; start += this.batchLength) {
      const length = Math.min(this.batchLength, this.contextSize - start);
      const tokens = new Int32Array(chunks * length);
      for (let chunk = 0; chunk < chunks; chunk++) {
        const from = (firstChunk + chunk) * this.contextSize + start;
        tokens.set(text.tokens.subarray(from, from + length), chunk * length);
        // Every chunk begins with BOS, in place of its first token.
        if (start === 0 && words.addsBos(vocabulary)) {
          tokens[chunk * length] = words.specialTokens(vocabulary).bos;
        }
      }
      await contexts.decode(this.context, {
        tokens,
        firstPosition: start,
        outputs: 'all',
        sequences: chunks,
      });
      const failure = this.observation.failure();
      if (failure !== undefined) throw failure;
    }
  }

  dispose(): void {
    this.library.contexts.free(this.context);
    this.observation.dispose();
    this.library.models.free(this.model);
  }
}
