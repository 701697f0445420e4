// The validate stage's engine over llama.cpp: one model, one context, on the processor.
import { statSync } from 'node:fs';
import { chooseThreads } from '#src/io/choose-threads.ts';
import type { LoadedModel, ValidationEngine } from '#src/stages/validate/validation-ports.ts';
import type { AdapterHandle, LlamaLibrary, ModelHandle } from '../ffi/llama-library.types.ts';

/** Enough for a prompt in its template and 64 tokens; a trained window below it wins. */
const contextTokens = 512;

export function createValidationEngine(library: LlamaLibrary): ValidationEngine {
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
): LoadedModel {
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
