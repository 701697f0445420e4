// Loads one model: on the GPU as far as asked for and possible, else with fewer layers or on the processor, and says so.
import {
  InsufficientMemoryError,
  type Llama,
  type LlamaModel,
  type LlamaModelOptions,
} from 'node-llama-cpp';
import type { EngineSink } from './load-llama.ts';
import type { ModelFile } from './model-file.ts';
import { refusals } from './refusals.ts';

export interface LoadModelOptions {
  readonly gpuLayers: 'auto' | number;
  /** Tokens of the contexts to come; memory for them is left free on the GPU. */
  readonly contextSize: number;
  readonly signal: AbortSignal;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
  readonly notice: EngineSink;
  /** The architecture: embedding contexts give the mean of the last hidden states; answers do not change. */
  readonly meanPooled?: string;
}

/** LLAMA_POOLING_TYPE_MEAN */
const meanPooling = 1;

/** Throws `native/failed` or `memory/short`. */
export async function loadModel(
  llama: Llama,
  { path, bytes }: ModelFile,
  options: LoadModelOptions,
): Promise<LlamaModel> {
  const load = (gpuLayers: LlamaModelOptions['gpuLayers']) =>
    llama.loadModel({
      modelPath: path,
      ...(gpuLayers !== undefined && { gpuLayers }),
      ...(options.meanPooled !== undefined && {
        metadataOverrides: { [options.meanPooled]: { pooling_type: meanPooling } },
      }),
      loadSignal: options.signal,
      onLoadProgress: (done) => options.onProgress(Math.round(done * bytes), bytes),
    });
  const fitting = { min: 0, fitContext: { contextSize: options.contextSize } };
  const { gpuLayers } = options;
  return refusals(path, async () => {
    if (llama.gpu === false) {
      if (typeof gpuLayers === 'number' && gpuLayers > 0) {
        const message = `${gpuLayers} layers were asked for on a GPU, but none can be used here: the processor computes.`;
        options.notice({ event: 'notice', level: 'warning', message });
      }
      return load(0);
    }
    try {
      return await load(gpuLayers === 'auto' ? fitting : gpuLayers);
    } catch (error) {
      if (!(error instanceof InsufficientMemoryError) || gpuLayers === 0) throw error;
      const asked = gpuLayers === 'auto' ? 'The layers' : `${gpuLayers} layers`;
      const message = `${asked} do not fit into the GPU's memory; as many as fit are used.`;
      options.notice({ event: 'notice', level: 'warning', message });
      return load(gpuLayers === 'auto' ? 0 : { ...fitting, max: gpuLayers });
    }
  });
}
