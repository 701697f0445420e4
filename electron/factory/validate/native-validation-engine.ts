// The validate stage's engine over llama.cpp: one model, one context, on the processor.
import { statSync } from 'node:fs';
import { chooseThreads } from '#src/io/choose-threads.ts';
import type { LoadedModel, ValidationEngine } from '#src/stages/validate/validation-ports.ts';
import type { AdapterHandle, LlamaLibrary, ModelHandle } from '../ffi/llama-library.types.ts';

/** Enough for a prompt in its template and 64 tokens; a trained window below it wins. */
const contextTokens = 512;

/** A loaded model that also tells how well it predicts a text. */
export interface ScoringModel extends LoadedModel {
  /**
   * Mean negative log-likelihood (nats) of `tokens[from]` and those behind it, each given all before; computed from an
   * empty context. NaN where a logit is not finite. `tokens` fit the context, `from` is 1 or more.
   */
  scoreTokens(tokens: Int32Array, from: number): Promise<number>;
}

export interface ScoringEngine extends ValidationEngine {
  load(...parameters: Parameters<ValidationEngine['load']>): Promise<ScoringModel>;
}

export function createValidationEngine(library: LlamaLibrary): ScoringEngine {
  return {
    isFinite: (type, bytes) => library.rows.isFinite(type, bytes),
    async load(path, { embeddings, threads }) {
      library.devices.loadBackends();
      const model = await library.models.load(path, { checkTensors: false });
      try {
        const size = library.models.describe(model).byteLength || statSync(path).size;
        return openModel(library, model, { embeddings, threads: threads ?? chooseThreads(size) });
      } catch (error) {
        library.models.free(model);
        throw error;
      }
    },
  };
}

function openModel(
  library: LlamaLibrary,
  model: ModelHandle,
  options: { embeddings: boolean; threads: number },
): ScoringModel {
  const { vocabulary: words, contexts, adapters } = library;
  const about = library.models.describe(model);
  const vocabulary = library.models.vocabulary(model);
  const vocabularySize = words.size(vocabulary);
  const context = contexts.create(model, {
    contextSize: Math.max(64, Math.min(contextTokens, about.trainedContext || contextTokens)),
    threads: options.threads,
    embeddings: options.embeddings,
  });
  const loadedAdapters = new Map<string, AdapterHandle>();
  let position = 0;
  let lastBatchLength = 0;
  return {
    description: about.description,
    parameterCount: about.parameterCount,
    vocabularySize,
    embeddingLength: about.embeddingLength,
    contextSize: Math.min(
      contextTokens,
      contexts.contextSize(context),
      about.trainedContext || contextTokens,
    ),
    threads: options.threads,
    tokenize: (text, tokenizeOptions) => words.tokenize(vocabulary, text, tokenizeOptions),
    detokenize: (tokens) =>
      words.detokenize(vocabulary, tokens, { removeSpecial: false, unparseSpecial: true }),
    isEndOfGeneration: (token) => words.isEndOfGeneration(vocabulary, token),
    async decode(tokens) {
      const outputs = options.embeddings ? 'all' : 'last';
      await contexts.decode(context, { tokens, firstPosition: position, outputs });
      position += tokens.length;
      lastBatchLength = tokens.length;
    },
    async scoreTokens(tokens, from) {
      contexts.clear(context);
      await contexts.decode(context, { tokens, firstPosition: 0, outputs: { from: from - 1 } });
      position = lastBatchLength = tokens.length;
      let sum = 0;
      for (let index = from; index < tokens.length; index++) {
        const logits = contexts.logits(context, index - 1, vocabularySize);
        sum += negativeLogLikelihood(logits, tokens[index] ?? 0);
      }
      return sum / (tokens.length - from);
    },
    lastLogits: () => contexts.logits(context, -1, vocabularySize),
    lastEmbedding: () =>
      contexts.sequenceEmbedding(context, 0, about.embeddingLength) ??
      contexts.tokenEmbedding(context, lastBatchLength - 1, about.embeddingLength),
    clear() {
      contexts.clear(context);
      position = 0;
    },
    attach(adapter) {
      if (adapter === undefined) return adapters.apply(context, []);
      const known = loadedAdapters.get(adapter.path) ?? adapters.load(model, adapter.path);
      loadedAdapters.set(adapter.path, known);
      adapters.apply(context, [{ adapter: known, scale: adapter.scale }]);
    },
    dispose() {
      contexts.free(context);
      library.models.free(model);
    },
  };
}

/** In nats, stable: the highest logit is taken off first. */
function negativeLogLikelihood(logits: Float32Array, token: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) {
    if (!Number.isFinite(logit)) return Number.NaN;
    if (logit > highest) highest = logit;
  }
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  return Math.log(sum) + highest - (logits[token] ?? Number.NaN);
}
