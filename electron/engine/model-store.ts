// Loaded models, shared: columns with different adapters on one file hold it in memory once.
import type { Llama, LlamaModel } from 'node-llama-cpp';
import { loadModel, type LoadModelOptions } from './load-model.ts';
import type { ModelFile } from './model-file.ts';

export interface ModelLease {
  readonly model: LlamaModel;
  /** Gives it back; the last one unloads the model. */
  release(): Promise<void>;
}

interface Held {
  readonly model: LlamaModel;
  /** Of the file. */
  readonly bytes: number;
  holders: number;
}

export class ModelStore {
  private readonly models = new Map<string, Held>();

  /** True when a column can have the model without loading it again. */
  has(llama: Llama, file: ModelFile, gpuLayers: 'auto' | number): boolean {
    return this.models.has(keyOf(llama, file, gpuLayers));
  }

  /** Bytes that the loaded models take in RAM; of it, `mapped` are their files in the page cache. */
  get memoryUsage(): { ram: number; mapped: number } {
    let ram = 0;
    let mapped = 0;
    for (const { model, bytes } of this.models.values()) {
      ram += model.memoryUsage.ram;
      if (model.useMmap) mapped += Math.min(bytes, model.memoryUsage.ram);
    }
    return { ram, mapped };
  }

  /** Not to be called twice at the same time for one file: loading is the caller's turn. */
  async acquire(llama: Llama, file: ModelFile, options: LoadModelOptions): Promise<ModelLease> {
    const key = keyOf(llama, file, options.gpuLayers);
    let held = this.models.get(key);
    if (held === undefined) {
      const model = await loadModel(llama, file, options);
      held = { model, bytes: file.bytes, holders: 0 };
      this.models.set(key, held);
    }
    held.holders++;
    return { model: held.model, release: () => this.release(key) };
  }

  private async release(key: string): Promise<void> {
    const held = this.models.get(key);
    if (held === undefined || --held.holders > 0) return;
    this.models.delete(key);
    await held.model.dispose();
  }
}

/** A file that was written anew since is another model. */
function keyOf(llama: Llama, file: ModelFile, gpuLayers: 'auto' | number): string {
  return JSON.stringify([file.path, file.version, gpuLayers, llama.gpu]);
}
