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
  readonly identity: string | undefined;
}

export class ModelStore {
  private readonly models = new Map<string, Held>();

  /** True when a column can have the model without loading it again. `identity`: see weightsIdentity. */
  has(llama: Llama, file: ModelFile, gpuLayers: 'auto' | number, identity?: string): boolean {
    return this.find(llama, file, gpuLayers, identity) !== undefined;
  }

  /** How many hold the model. */
  holders(model: LlamaModel): number {
    return [...this.models.values()].find((held) => held.model === model)?.holders ?? 0;
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
  async acquire(
    llama: Llama,
    file: ModelFile,
    options: LoadModelOptions,
    identity?: string,
  ): Promise<ModelLease> {
    let key = this.find(llama, file, options.gpuLayers, identity);
    if (key === undefined) {
      key = keyOf(llama, file, options.gpuLayers);
      const model = await loadModel(llama, file, options);
      this.models.set(key, {
        model,
        bytes: file.bytes,
        holders: 0,
        identity: identityKey(llama, options.gpuLayers, identity),
      });
    }
    const held = this.models.get(key)!;
    held.holders++;
    const mine = key;
    return { model: held.model, release: () => this.release(mine) };
  }

  /** Under which key the model is held: by its own file, or by another one with the same weights. */
  private find(
    llama: Llama,
    file: ModelFile,
    gpuLayers: 'auto' | number,
    identity: string | undefined,
  ): string | undefined {
    const own = keyOf(llama, file, gpuLayers);
    if (this.models.has(own)) return own;
    const wanted = identityKey(llama, gpuLayers, identity);
    if (wanted === undefined) return undefined;
    return [...this.models].find(([, held]) => held.identity === wanted)?.[0];
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

function identityKey(
  llama: Llama,
  gpuLayers: 'auto' | number,
  identity: string | undefined,
): string | undefined {
  return identity === undefined ? undefined : JSON.stringify([identity, gpuLayers, llama.gpu]);
}
