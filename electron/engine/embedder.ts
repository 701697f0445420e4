// Texts to vectors: an embedding model's own pooling, or the mean of a causal model's last hidden states, which a model is
// told to pool when it is loaded (loadModel, `meanPooled`).
import type { LlamaEmbeddingContext, LlamaModel } from 'node-llama-cpp';
import { StudioError } from '#src/errors/studio-error.ts';
import { refusals } from './refusals.ts';

/** A text is one batch: longer ones would be pooled piece by piece, and an encoder aborts. */
const mostTokens = 2048;

export class Embedder {
  private constructor(
    private readonly context: LlamaEmbeddingContext,
    private readonly size: number,
    readonly ramBytes: number,
  ) {}

  static async create(
    model: LlamaModel,
    options: { readonly path: string; readonly threads: number; readonly signal: AbortSignal },
  ): Promise<Embedder> {
    const size = Math.min(model.trainContextSize, mostTokens);
    return refusals(options.path, async () => {
      const before = (await model.llama.getLlamaMemoryUsage()).cpuRam;
      const context = await model.createEmbeddingContext({
        contextSize: size,
        batchSize: Math.ceil(size / 256) * 256,
        threads: options.threads,
        createSignal: options.signal,
      });
      const after = (await model.llama.getLlamaMemoryUsage()).cpuRam;
      return new Embedder(context, size, Math.max(0, after - before));
    });
  }

  /** A vector of length 1, and how many tokens the text was. Throws `chat/too-long` unless it may be cut. */
  async embed(text: string, cut: boolean): Promise<{ vector: number[]; tokens: number }> {
    const { model } = this.context;
    // Room for the tokens that begin and end a text.
    const most = this.size - 3;
    const tokens = model.tokenize(text);
    if (tokens.length > most && !cut) {
      throw new StudioError(
        'chat/too-long',
        `A text has ${tokens.length} tokens; ${model.filename ?? 'the model'} embeds at most ${most}.`,
        {
          hint: 'Cut it into shorter ones.',
          details: { tokens: tokens.length, contextSize: most },
        },
      );
    }
    const input = tokens.slice(0, most);
    if (input.length === 0) {
      throw new StudioError('chat/too-long', 'An empty text cannot be embedded.');
    }
    const { vector } = await this.context.getEmbeddingFor(input);
    return { vector: normalized(vector), tokens: input.length };
  }

  async dispose(): Promise<void> {
    await this.context.dispose();
  }
}

function normalized(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  if (!Number.isFinite(length)) {
    throw new StudioError(
      'evaluation/not-finite',
      'The model computes NaN or infinity for a text.',
    );
  }
  return length === 0 ? [...vector] : vector.map((value) => value / length);
}
