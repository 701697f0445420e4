// The model whose speed is measured: loaded, with one context and its adapters, computing random tokens as llama-bench does
// (tools/llama-bench: test_prompt and test_gen).
import { StudioError } from '#src/errors/studio-error.ts';
import { mulberry32 } from '#src/random/mulberry32.ts';
import type {
  ContextHandle,
  LlamaLibrary,
  ModelHandle,
  Token,
} from '../ffi/llama-library.types.ts';

export interface TimedModelOptions {
  readonly label: string;
  readonly path: string;
  readonly adapters: readonly { readonly path: string; readonly scale: number }[];
  readonly contextSize: number;
  readonly threads: number;
  readonly gpuLayers: number;
}

/** llama-bench's -b and -ub. */
const batchTokens = 2048;
const microBatchTokens = 512;

export interface PromptTimes {
  /** Until all tokens of the prompt are computed. */
  readonly computed: number;
  /** Until the first token of the answer is known. */
  readonly firstToken: number;
}

export class TimedModel {
  private readonly vocabularySize: number;
  private readonly startToken: Token | undefined;
  private readonly random = mulberry32(1);

  private constructor(
    private readonly library: LlamaLibrary,
    private readonly model: ModelHandle,
    private readonly context: ContextHandle,
    private readonly signal: AbortSignal,
  ) {
    const vocabulary = library.models.vocabulary(model);
    this.vocabularySize = library.vocabulary.size(vocabulary);
    this.startToken = library.vocabulary.addsBos(vocabulary)
      ? library.vocabulary.specialTokens(vocabulary).bos
      : undefined;
  }

  /** Throws `native/failed`, `memory/short`, `adapter/wrong-base`, `architecture/unsupported` for models that only encode. */
  static async load(
    library: LlamaLibrary,
    options: TimedModelOptions,
    signal: AbortSignal,
  ): Promise<TimedModel> {
    const model = await library.models.load(options.path, { gpuLayers: options.gpuLayers });
    let context: ContextHandle | undefined;
    try {
      const { hasDecoder, hasEncoder } = library.models.describe(model);
      if (!hasDecoder || hasEncoder) throw onlyEncodes(options.label);
      const { contextSize, threads } = options;
      const batchSize = Math.min(batchTokens, contextSize);
      context = library.contexts.create(model, {
        contextSize,
        batchSize,
        microBatchSize: Math.min(microBatchTokens, batchSize),
        threads,
      });
      library.adapters.applyFiles(model, context, options.adapters);
      return new TimedModel(library, model, context, signal);
    } catch (error) {
      if (context !== undefined) library.contexts.free(context);
      library.models.free(model);
      throw error;
    }
  }

  /** Seconds of a prompt of random tokens, from an empty context. */
  async readPrompt(count: number): Promise<PromptTimes> {
    const { contexts } = this.library;
    const tokens = Int32Array.from({ length: count }, () => this.randomToken());
    if (this.startToken !== undefined) tokens[0] = this.startToken;
    contexts.clear(this.context);
    const start = performance.now();
    for (let done = 0; done < count; done += batchTokens) {
      this.signal.throwIfAborted();
      await this.decode(tokens.subarray(done, done + batchTokens), done);
    }
    // Asking for logits waits for devices that compute by themselves.
    contexts.logitsAddress(this.context, -1);
    const computed = secondsSince(start);
    this.likeliestToken();
    return { computed, firstToken: secondsSince(start) };
  }

  /** Seconds of generating token by token, each the likeliest one, from an empty context. */
  async generate(count: number): Promise<number> {
    this.library.contexts.clear(this.context);
    let token = this.startToken ?? this.randomToken();
    const start = performance.now();
    for (let position = 0; position < count; position++) {
      this.signal.throwIfAborted();
      await this.decode(Int32Array.of(token), position);
      token = this.likeliestToken();
    }
    return secondsSince(start);
  }

  dispose(): void {
    this.library.contexts.free(this.context);
    this.library.models.free(this.model);
  }

  private decode(tokens: Int32Array, firstPosition: number): Promise<void> {
    const { contexts } = this.library;
    return contexts.decode(this.context, { tokens, firstPosition, outputs: 'last' });
  }

  private randomToken(): Token {
    return Math.floor(this.random() * this.vocabularySize);
  }

  private likeliestToken(): Token {
    const logits = this.library.contexts.logits(this.context, -1, this.vocabularySize);
    let best = 0;
    for (let token = 1; token < logits.length; token++) {
      if (logits[token]! > logits[best]!) best = token;
    }
    return best;
  }
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}

function onlyEncodes(label: string): StudioError {
  return new StudioError(
    'architecture/unsupported',
    `${label} encodes texts; it does not generate.`,
    {
      hint: 'Measure models that generate text.',
    },
  );
}
