// The served parents of the engine: loads each once, when it is first needed, and keeps all of them within the memory budget
// by letting idle ones leave, least recently used first. Columns of the window share models, cores and memory with them.
import type { Llama } from 'node-llama-cpp';
import type { ServedState } from '#src/contract/serving.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { chooseThreads, isSmallModel } from '#src/io/choose-threads.ts';
import { resolveChatTemplate } from './chat-template.ts';
import type { ColumnStore, MemoryGuest } from './column-store.ts';
import { Embedder } from './embedder.ts';
import { IdleSignal } from './idle-signal.ts';
import { estimateNeed } from './memory-need.ts';
import { memoryAmounts, memoryShort } from './memory-short.ts';
import { statModel, wasReplaced, type ModelFile } from './model-file.ts';
import type { ModelLease } from './model-store.ts';
import { usualContext } from './open-column.ts';
import { readModelFacts, type ModelFacts } from './resolve-adapters.ts';
import { ServedLane } from './served-lane.ts';
import { ServedParent, type LoadedParent, type ServedSpec } from './served-parent.ts';
import { TurnQueue } from './turn-queue.ts';

/** Tokens of a stream at first, where nothing says. */
const usualInitial = 2048;

export interface ServedCall {
  readonly signal: AbortSignal;
  readonly emit: (event: StageEvent) => void;
}

export class ServedStore implements MemoryGuest {
  private readonly parents = new Map<string, ServedParent>();
  private readonly idle = new IdleSignal();
  /** Loading and leaving of one parent come one after another. */
  private readonly changes = new TurnQueue();
  private uses = 0;

  constructor(private readonly columns: ColumnStore) {
    columns.guest = this;
  }

  /** Runs `work` with the loaded parent, which stays until it has ended. */
  async use<Result>(
    spec: ServedSpec,
    purpose: 'answers' | 'vectors',
    call: ServedCall,
    work: (loaded: LoadedParent, parent: ServedParent) => Promise<Result>,
  ): Promise<Result> {
    const parent = this.find(spec, purpose);
    clearTimeout(parent.leaveTimer);
    parent.users++;
    parent.lastUsed = ++this.uses;
    try {
      if (parent.loaded !== undefined && parent.users === 1) await this.dropReplaced(parent);
      const loaded = parent.loaded ?? (await this.load(parent, purpose, call));
      return await work(loaded, parent);
    } finally {
      parent.users--;
      parent.lastUsed = ++this.uses;
      if (parent.users === 0) this.becameIdle(parent);
    }
  }

  /** A context for vectors over the parent's model, made once. */
  async embedder(loaded: LoadedParent, { signal }: ServedCall): Promise<Embedder> {
    return this.changes.run(
      async () => {
        loaded.embedder ??= await Embedder.create(loaded.lease.model, {
          path: loaded.file.path,
          threads: loaded.threads,
          signal,
        });
        return loaded.embedder;
      },
      { signal },
    );
  }

  /** Runs `work` on free cores. */
  async compute<Result>(loaded: LoadedParent, work: () => Promise<Result>): Promise<Result> {
    const release = await this.columns.takeTurn(loaded.threads, isSmallModel(loaded.file.bytes));
    try {
      return await work();
    } finally {
      release();
    }
  }

  states(): ServedState[] {
    const { models } = this.columns;
    return [...this.parents.values()].flatMap((parent) => {
      const model = parent.loaded?.lease.model;
      const shares = model !== undefined && models.holders(model) > 1;
      return [...parent.names].flatMap((name) => parent.state(name, shares) ?? []);
    });
  }

  /** Frees the parent unless it is used under another name. */
  async close(name: string): Promise<void> {
    for (const parent of this.parents.values()) {
      if (!parent.names.delete(name) || parent.names.size > 0) continue;
      this.parents.delete(parent.key);
      await this.changes.run(() => parent.unload());
      this.idle.tell();
    }
  }

  get ramBytes(): number {
    return [...this.parents.values()].reduce((sum, parent) => sum + parent.contextBytes, 0);
  }

  async yieldMemory(onGpu: boolean): Promise<boolean> {
    const victim = this.leastRecentlyUsed(onGpu);
    await victim?.unload();
    return victim !== undefined;
  }

  async dispose(): Promise<void> {
    const parents = [...this.parents.values()];
    this.parents.clear();
    await Promise.all(parents.map((parent) => parent.unload()));
  }

  private find(spec: ServedSpec, purpose: string): ServedParent {
    const { parent: name } = spec;
    const limits = { parent: null, memoryBudgetBytes: null, keepAliveSeconds: null };
    const key = JSON.stringify([purpose, ...Object.entries({ ...spec, ...limits }).toSorted()]);
    const parent = this.parents.get(key) ?? new ServedParent(key, spec);
    // Another manifest may have other limits.
    parent.spec = { ...spec, parent: parent.spec.parent };
    parent.names.add(name);
    this.parents.set(key, parent);
    return parent;
  }

  private async dropReplaced(parent: ServedParent): Promise<void> {
    const { loaded } = parent;
    if (loaded !== undefined && (await wasReplaced(loaded.file)) && parent.users === 1) {
      await parent.unload();
    }
  }

  /** One at a time; whoever waited finds it loaded. */
  private load(
    parent: ServedParent,
    purpose: 'answers' | 'vectors',
    call: ServedCall,
  ): Promise<LoadedParent> {
    return this.columns.inLoadTurn(async () => {
      call.signal.throwIfAborted();
      if (parent.loaded !== undefined) return parent.loaded;
      // Its caller may go while others wait for it: the load is not theirs to lose.
      const loaded = await this.open(parent.spec, purpose, call);
      parent.loaded = loaded;
      return loaded;
    }, call.signal);
  }

  private async open(
    spec: ServedSpec,
    purpose: 'answers' | 'vectors',
    call: ServedCall,
  ): Promise<LoadedParent> {
    const { emit } = call;
    emit({ event: 'phase', phase: 'Loading', detail: spec.path });
    const file = await statModel(spec.path);
    const facts = await readModelFacts(spec.path, purpose);
    const llama = await this.columns.llamas.get(spec.gpu, emit);
    const sizes = contextSizes(spec, facts);
    const threads = isSmallModel(file.bytes) ? 1 : (spec.threads ?? chooseThreads(file.bytes));
    const isForVectors = purpose === 'vectors';
    let streams = isForVectors ? 1 : spec.streams;
    for (;;) {
      try {
        await this.makeRoom(
          spec,
          { llama, file, facts, contextSize: sizes.initial * streams },
          call,
        );
        break;
      } catch (error) {
        const isShort = error instanceof StudioError && error.code === 'memory/short';
        if (!isShort || streams === 1) throw error;
        streams = Math.floor(streams / 2);
        const message = `Memory holds ${streams} ${streams === 1 ? 'answer' : 'answers'} of ${spec.parent} at once.`;
        emit({ event: 'notice', level: 'warning', message });
      }
    }
    const gpuLayers = spec.gpu === 'off' ? 0 : spec.gpuLayers;
    const lease = await this.columns.models.acquire(
      llama,
      file,
      {
        gpuLayers,
        contextSize: sizes.initial * streams,
        signal: call.signal,
        onProgress: (done, total) =>
          emit({ event: 'progress', done, total, unit: 'bytes', detail: spec.parent }),
        notice: emit,
        ...(!facts.isEmbeddingModel && { meanPooled: facts.architecture }),
      },
      facts.weights,
    );
    try {
      const lane = isForVectors
        ? undefined
        : await this.openLane(lease, { spec, file, facts, llama, streams, threads, sizes }, call);
      return { llama, file, facts, lease, threads, lane, embedder: undefined };
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  private openLane(
    { model }: ModelLease,
    options: {
      readonly spec: ServedSpec;
      readonly file: ModelFile;
      readonly facts: ModelFacts;
      readonly llama: Llama;
      readonly streams: number;
      readonly threads: number;
      readonly sizes: ContextSizes;
    },
    { signal, emit }: ServedCall,
  ): Promise<ServedLane> {
    const { spec, file, facts, llama, streams, threads, sizes } = options;
    const template = resolveChatTemplate(model, facts.vocabulary);
    if (template.problem !== undefined) {
      emit({ event: 'notice', level: 'warning', message: template.problem });
    }
    const { columns } = this;
    const isWholeOnGpu = model.gpuLayers > 0 && model.gpuLayers >= model.fileInsights.totalLayers;
    return ServedLane.create(
      model,
      {
        path: spec.path,
        template,
        threads,
        streams,
        ...sizes,
        whenFull: spec.whenFull,
        hooks: {
          takeCores: () => columns.takeTurn(isWholeOnGpu ? 1 : threads, isSmallModel(file.bytes)),
          coresAreWanted: () => columns.turnIsWanted,
        },
        checkRoom: async (contextSize) => {
          const wanted = { llama, file, facts, contextSize: contextSize * streams };
          await this.makeRoom(
            spec,
            wanted,
            { signal: new AbortController().signal, emit: () => undefined },
            false,
          );
        },
      },
      signal,
    );
  }

  /**
   * Lets idle parents, then idle columns leave until it fits; waits for busy ones where `mayWait`. Throws `memory/short`
   * when nothing is left that could leave.
   */
  private async makeRoom(
    spec: ServedSpec,
    wanted: {
      readonly llama: Llama;
      readonly file: ModelFile;
      readonly facts: ModelFacts;
      readonly contextSize: number;
    },
    call: ServedCall,
    mayWait = true,
  ): Promise<void> {
    const { llama, file, facts, contextSize } = wanted;
    const gpuLayers = spec.gpu === 'off' ? 0 : spec.gpuLayers;
    const need = await estimateNeed(llama, file, { gpuLayers, contextSize });
    const { columns } = this;
    for (;;) {
      const isThere = columns.models.has(llama, file, gpuLayers, facts.weights);
      const ram = need.context.ram + (isThere ? 0 : need.model.ram);
      const vram = need.context.vram + (isThere ? 0 : need.model.vram);
      const free = await columns.free(llama, undefined);
      const ofBudget = (spec.memoryBudgetBytes ?? Infinity) - this.servedRam();
      const fitsBudget = ram <= ofBudget;
      const ramFits = fitsBudget && ram <= free.ram;
      if (ramFits && (llama.gpu === false || vram <= free.vram)) return;
      if (await this.yieldMemory(ramFits)) continue;
      const column = fitsBudget ? await columns.yieldMemory(ramFits) : undefined;
      if (column !== undefined) {
        const message = `Column ${column} was unloaded to make room; it is loaded again when it is asked.`;
        call.emit({ event: 'notice', level: 'info', message });
        continue;
      }
      // Layers that do not fit stay on the processor.
      if (ramFits) return;
      const isBusy = [...this.parents.values()].some(({ loaded }) => loaded !== undefined);
      if (!isBusy || !mayWait) {
        const amounts = memoryAmounts(ram, Math.min(free.ram, ofBudget));
        throw fitsBudget
          ? memoryShort(file.path, amounts, machineHint)
          : memoryShort(file.path, `${amounts} in the memory budget`, budgetHint);
      }
      await this.idle.next(call.signal);
    }
  }

  /** Weights that several parents share count once. */
  private servedRam(): number {
    const models = new Set<LoadedParent['lease']['model']>();
    for (const { loaded } of this.parents.values()) {
      if (loaded !== undefined) models.add(loaded.lease.model);
    }
    return this.ramBytes + [...models].reduce((sum, model) => sum + model.memoryUsage.ram, 0);
  }

  private leastRecentlyUsed(onGpu: boolean): ServedParent | undefined {
    return [...this.parents.values()]
      .filter((parent) => parent.isIdle)
      .filter(({ loaded }) => !onGpu || (loaded?.lease.model.memoryUsage.vram ?? 0) > 0)
      .toSorted((left, right) => left.lastUsed - right.lastUsed)[0];
  }

  private becameIdle(parent: ServedParent): void {
    this.idle.tell();
    const { keepAliveSeconds } = parent.spec;
    if (keepAliveSeconds === undefined || parent.loaded === undefined) return;
    clearTimeout(parent.leaveTimer);
    parent.leaveTimer = setTimeout(
      () => {
        if (parent.isIdle) void parent.unload().catch(() => undefined);
      },
      Math.min(keepAliveSeconds * 1000, 2 ** 31 - 1),
    );
    parent.leaveTimer.unref();
  }
}

interface ContextSizes {
  readonly initial: number;
  readonly window: number;
}

function contextSizes(spec: ServedSpec, facts: ModelFacts): ContextSizes {
  const wanted = spec.contextWindow ?? facts.contextWindow ?? usualContext;
  const window = Math.min(wanted, facts.trainedContext ?? wanted);
  return { initial: Math.min(spec.contextInitial ?? usualInitial, window), window };
}

const machineHint = 'Use a smaller level or a smaller context window, or close other programs.';
const budgetHint =
  "Raise the manifest's policy.memoryBudgetBytes or --memory, or use a smaller level.";
