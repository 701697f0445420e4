// One served parent: what it should be, what of it is loaded, who uses it. The store decides when it comes and goes.
import type { Llama } from 'node-llama-cpp';
import type { ParsedParamsOf } from '#src/contract/contract.ts';
import type { EngineContract } from '#src/contract/engine.contract.ts';
import type { ServedState } from '#src/contract/serving.ts';
import type { Embedder } from './embedder.ts';
import type { ModelFile } from './model-file.ts';
import type { ModelLease } from './model-store.ts';
import type { ModelFacts } from './resolve-adapters.ts';
import type { ServedLane } from './served-lane.ts';

export type ServedSpec = ParsedParamsOf<EngineContract, 'openParent'>['served'];

export interface LoadedParent {
  readonly llama: Llama;
  readonly file: ModelFile;
  readonly facts: ModelFacts;
  readonly lease: ModelLease;
  readonly threads: number;
  /** Absent for an embedding model. */
  readonly lane: ServedLane | undefined;
  embedder: Embedder | undefined;
}

export class ServedParent {
  /** Under which names it is asked for. */
  readonly names = new Set<string>();
  loaded: LoadedParent | undefined;
  /** Calls that need it now, loading and waiting included. */
  users = 0;
  lastUsed = 0;
  /** How its adapters were called last. */
  adapter: string | undefined;
  leaveTimer: NodeJS.Timeout | undefined;

  constructor(
    readonly key: string,
    public spec: ServedSpec,
  ) {}

  get isIdle(): boolean {
    return this.loaded !== undefined && this.users === 0;
  }

  /** Bytes besides the model. */
  get contextBytes(): number {
    const { lane, embedder } = this.loaded ?? {};
    return (lane?.memoryUsage.ram ?? 0) + (embedder?.ramBytes ?? 0);
  }

  state(name: string, sharesWeights: boolean): ServedState | undefined {
    if (this.loaded === undefined) return undefined;
    const { lane, lease } = this.loaded;
    return {
      parent: name,
      ...(this.adapter !== undefined && { adapter: this.adapter }),
      ramBytes: lease.model.memoryUsage.ram + this.contextBytes,
      vramBytes: lease.model.memoryUsage.vram + (lane?.memoryUsage.vram ?? 0),
      contextSize: lane?.contextSize ?? 0,
      contextWindow: lane?.options.window ?? 0,
      streams: lane?.options.streams ?? 0,
      running: lane?.slots.running ?? 0,
      waiting: lane?.slots.waiting ?? 0,
      switches: lane?.turns.switches ?? 0,
      sharesWeights,
    };
  }

  async unload(): Promise<void> {
    clearTimeout(this.leaveTimer);
    const { loaded } = this;
    this.loaded = undefined;
    this.adapter = undefined;
    await loaded?.lane?.dispose();
    await loaded?.embedder?.dispose();
    await loaded?.lease.release();
  }
}
