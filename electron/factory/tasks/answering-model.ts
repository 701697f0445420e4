// A model that is asked tasks: loaded with its adapters, answering greedily from an empty context each time.
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { endsInOneToken, greedyToken } from '#src/stages/validate/check-generation.ts';
import type {
  ContextHandle,
  LlamaLibrary,
  ModelHandle,
  VocabularyHandle,
} from '../ffi/llama-library.types.ts';
import type { Generator } from '../subjects/open-generator.ts';

export interface AnswerOptions {
  readonly maximumTokens: number;
  /** Asked after every token with the text so far: true ends the answer. */
  readonly isDecided: (text: string) => boolean;
  readonly signal: AbortSignal;
}

export interface GivenAnswer {
  readonly text: string;
  /** `not finite`: a logit was NaN or infinite; `repeats`: one token filled the end of a long answer. */
  readonly flaw: 'not finite' | 'repeats' | undefined;
}

export class AnsweringModel {
  private readonly vocabulary: VocabularyHandle;
  private readonly vocabularySize: number;
  private context: { readonly handle: ContextHandle; readonly size: number } | undefined;

  private constructor(
    private readonly library: LlamaLibrary,
    private readonly model: ModelHandle,
    private readonly generator: Generator,
    private readonly threads: number,
  ) {
    this.vocabulary = library.models.vocabulary(model);
    this.vocabularySize = library.vocabulary.size(this.vocabulary);
  }

  /** Throws `native/failed`, `memory/short`, `architecture/unsupported` for models that only encode. */
  static async load(
    library: LlamaLibrary,
    generator: Generator,
    { threads, gpuLayers }: { readonly threads: number; readonly gpuLayers: number },
  ): Promise<AnsweringModel> {
    const model = await library.models.load(generator.path, { gpuLayers });
    const { hasDecoder, hasEncoder } = library.models.describe(model);
    if (hasDecoder && !hasEncoder) return new AnsweringModel(library, model, generator, threads);
    library.models.free(model);
    throw new StudioError(
      'architecture/unsupported',
      `${generator.subject.label} encodes texts; it does not answer.`,
      { hint: 'Ask models that generate text.' },
    );
  }

  tokenize(prompt: string, addSpecial: boolean): Int32Array {
    return this.library.vocabulary.tokenize(this.vocabulary, prompt, {
      addSpecial,
      parseSpecial: true,
    });
  }

  /** Makes room for `tokens` (at most what the model was trained on, when that is known). */
  reserve(tokens: number): void {
    const { contexts, adapters } = this.library;
    if (this.context !== undefined && this.context.size >= tokens) return;
    if (this.context !== undefined) contexts.free(this.context.handle);
    this.context = undefined;
    const handle = contexts.create(this.model, {
      contextSize: tokens,
      batchSize: Math.min(tokens, 512),
      threads: this.threads,
    });
    this.context = { handle, size: tokens };
    adapters.applyFiles(this.model, handle, this.generator.adapters);
  }

  /** The answer to a prompt that `reserve` has made room for. */
  async answer(prompt: Int32Array, options: AnswerOptions): Promise<GivenAnswer> {
    const { vocabulary: words, contexts } = this.library;
    invariant(this.context !== undefined, 'room was made');
    const { handle, size } = this.context;
    contexts.clear(handle);
    for (let start = 0; start < prompt.length; start += 512) {
      options.signal.throwIfAborted();
      const tokens = prompt.subarray(start, start + 512);
      await contexts.decode(handle, { tokens, firstPosition: start, outputs: 'last' });
    }
    const wanted = Math.min(options.maximumTokens, size - prompt.length);
    const ids: number[] = [];
    let text = '';
    while (ids.length < wanted) {
      options.signal.throwIfAborted();
      const logits = contexts.logits(handle, -1, this.vocabularySize);
      const { token, finite } = greedyToken(logits);
      if (!finite) return { text, flaw: 'not finite' };
      if (words.isEndOfGeneration(this.vocabulary, token)) break;
      ids.push(token);
      text = words.detokenize(this.vocabulary, Int32Array.from(ids), {
        removeSpecial: true,
        unparseSpecial: false,
      });
      if (options.isDecided(text) || ids.length === wanted) break;
      const firstPosition = prompt.length + ids.length - 1;
      const tokens = Int32Array.of(token);
      await contexts.decode(handle, { tokens, firstPosition, outputs: 'last' });
    }
    return { text, flaw: endsInOneToken(ids) ? 'repeats' : undefined };
  }

  dispose(): void {
    if (this.context !== undefined) this.library.contexts.free(this.context.handle);
    this.library.models.free(this.model);
  }
}
