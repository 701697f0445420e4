// Loading models: llama_model_* of llama.h.
import type { KoffiFunc, LibraryHandle } from 'koffi';
import { callAsync } from './call-async.ts';
import type {
  ModelCalls,
  ModelHandle,
  NativeLog,
  VocabularyHandle,
} from './llama-library.types.ts';
import { nativeFailure } from './native-failure.ts';
import { modelParams } from './struct-layouts.ts';

type LoadFunction = KoffiFunc<(path: string, params: object) => ModelHandle | null>;
type OfModel<Result> = (model: ModelHandle) => Result;

export function openModelCalls(llama: LibraryHandle, log: NativeLog): ModelCalls {
  const defaults = llama.func('llama_model_default_params', modelParams, []) as () => object;
  const loadFromFile = llama.func('llama_model_load_from_file', 'void *', [
    'const char *',
    modelParams,
  ]) as LoadFunction;
  const ofModel = <Result>(name: string, result: string) =>
    llama.func(name, result, ['void *']) as OfModel<Result>;
  const free = ofModel<void>('llama_model_free', 'void');
  const vocabulary = ofModel<VocabularyHandle>('llama_model_get_vocab', 'void *');
  const parameterCount = ofModel<number | bigint>('llama_model_n_params', 'uint64');
  const byteLength = ofModel<number | bigint>('llama_model_size', 'uint64');
  const trainedContext = ofModel<number>('llama_model_n_ctx_train', 'int32');
  const embeddingLength = ofModel<number>('llama_model_n_embd', 'int32');
  const layerCount = ofModel<number>('llama_model_n_layer', 'int32');
  const hasEncoder = ofModel<boolean>('llama_model_has_encoder', 'bool');
  const hasDecoder = ofModel<boolean>('llama_model_has_decoder', 'bool');
  const describe = llama.func('llama_model_desc', 'int32', ['void *', 'void *', 'size_t']) as (
    model: ModelHandle,
    target: Uint8Array,
    length: number,
  ) => number;
  const chatTemplate = llama.func('llama_model_chat_template', 'const char *', [
    'void *',
    'const char *',
  ]) as (model: ModelHandle, name: null) => string | null;

  return {
    async load(path, options = {}) {
      const params = {
        ...defaults(),
        n_gpu_layers: options.gpuLayers ?? 0,
        vocab_only: options.vocabularyOnly ?? false,
        check_tensors: options.checkTensors ?? false,
      };
      const { result, lines } = await log.captureAsync(() => callAsync(loadFromFile, path, params));
      if (result !== null) return result;
      throw nativeFailure('native/failed', `${path}: llama.cpp cannot load it`, lines);
    },
    free,
    vocabulary,
    describe(model) {
      const buffer = new Uint8Array(256);
      const length = Math.min(describe(model, buffer, buffer.length), buffer.length - 1);
      return {
        description: Buffer.from(buffer.subarray(0, Math.max(0, length))).toString('utf8'),
        parameterCount: Number(parameterCount(model)),
        byteLength: Number(byteLength(model)),
        trainedContext: trainedContext(model),
        embeddingLength: embeddingLength(model),
        layerCount: layerCount(model),
        hasEncoder: hasEncoder(model),
        hasDecoder: hasDecoder(model),
        chatTemplate: chatTemplate(model, null) ?? undefined,
      };
    },
  };
}
