// The columns of the window: loads them one after another, keeps them within the memory, and lets them answer as far as
// there are cores.
import type { Llama } from 'node-llama-cpp';
import { StudioError } from '#src/errors/studio-error.ts';
import { isSmallModel } from '#src/io/choose-threads.ts';
import { Column, type ColumnReport, type ColumnSpec, type LoadedParts } from './column.ts';
import { CoreQueue } from './core-queue.ts';
import { IdleSignal } from './idle-signal.ts';
import type { LlamaSource } from './load-llama.ts';
import { LoadTurn } from './load-turn.ts';
import { freeMemory, type MemoryAmount } from './memory-need.ts';
import { memoryAmounts, memoryShort } from './memory-short.ts';
import type { ModelFile } from './model-file.ts';
import { ModelStore } from './model-store.ts';
import { openColumn, type ColumnHome, type RoomFor } from './open-column.ts';
import { TurnQueue } from './turn-queue.ts';

/** What else holds memory and cores in this process: served models. */
export interface MemoryGuest {
  /** Bytes of contexts and adapters; models are the store's. */
  readonly ramBytes: number;
  /** Frees what is idle and was not used for longest; false when nothing is idle. */
  yieldMemory(onGpu: boolean): Promise<boolean>;
}

export class ColumnStore implements ColumnHome {
  readonly models = new ModelStore();
  /** Set once, by who makes both. */
  guest: MemoryGuest | undefined;
  private readonly cores = new CoreQueue();
  /**
   * Small models answer one after another, and none while another loads: together they are not done sooner, and each shows
   * a part of its rate (measured: docs/architecture.md).
   */
  private readonly smallTurns = new CoreQueue(1);
  private readonly columns = new Map<string, Column>();
  private readonly loading = new TurnQueue();
  private readonly idle = new IdleSignal();
  private uses = 0;

  constructor(readonly llamas: LlamaSource) {}

  /** Throws `usage/invalid` for a name that was never loaded. */
  find(name: string): Column {
    const column = this.columns.get(name);
    if (column === undefined) {
      throw new StudioError('usage/invalid', `There is no column "${name}".`, {
        hint: 'Choose a model for it first.',
      });
    }
    return column;
  }

  /** Makes a column hold what `spec` says; an answer that it is giving is stopped. */
  async load(spec: ColumnSpec, report: ColumnReport): Promise<LoadedParts> {
    const existing = this.columns.get(spec.column);
    const column = existing ?? new Column(spec.column, spec);
    this.columns.set(spec.column, column);
    existing?.stop();
    return this.inTurn(column, report, async () => {
      column.spec = spec;
      return this.open(column, report);
    });
  }

  /** Loads what a column should hold, unless it does, and tells `why`. In the column's turn only. */
  async open(column: Column, report: ColumnReport, why?: string): Promise<LoadedParts> {
    column.lastUsed = ++this.uses;
    const say = (state: 'waiting' | 'failed', reason?: string) =>
      report.state({ column: column.name, state, ...(reason !== undefined && { reason }) });
    column.isWaitingToLoad = true;
    try {
      return await this.loading.run(
        async () => {
          column.isWaitingToLoad = false;
          return openColumn(this, column, report, why);
        },
        {
          signal: report.signal,
          onWait: () => say('waiting', 'Waits until another column is loaded.'),
        },
      );
    } catch (error) {
      // What it held before is not what was asked for now.
      await column.unload();
      const message = error instanceof Error ? error.message : 'It could not be loaded.';
      say('failed', report.signal.aborted ? 'Loading was cancelled.' : message);
      throw error;
    } finally {
      column.isWaitingToLoad = false;
    }
  }

  /** Runs `work` when the column's calls before it have ended; others learn that the column may be idle again. */
  async inTurn<Result>(
    column: Column,
    report: Pick<ColumnReport, 'signal' | 'state'>,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const reason = 'Waits until the call before it has ended.';
    try {
      return await column.queue.run(work, {
        signal: report.signal,
        onWait: () => report.state({ column: column.name, state: 'waiting', reason }),
      });
    } finally {
      this.idle.tell();
    }
  }

  /**
   * The turn to load a file. A column holds its own turn and that of loading before it takes this one, and nobody waits
   * for those while holding it.
   */
  loadTurn(column: Column, file: ModelFile, report: ColumnReport, why?: string): LoadTurn {
    return new LoadTurn(
      isSmallModel(file.bytes) ? this.smallTurns : undefined,
      column.name,
      report,
      why,
    );
  }

  /** Lets a loaded column compute: on free cores, and a small one when it is its turn. */
  compute<Result>(
    column: Column,
    work: () => Promise<Result>,
    { signal, onWait }: { signal?: AbortSignal; onWait?: (reason: string) => void } = {},
  ): Promise<Result> {
    const queued = (reason: string) => ({
      ...(signal !== undefined && { signal }),
      onWait: () => onWait?.(reason),
    });
    const inTurn = () =>
      this.smallTurns.run(1, work, queued('Waits until another column has answered or is loaded.'));
    return this.cores.run(
      column.threads,
      column.isSmall ? inTurn : work,
      queued('Waits until the cores are free.'),
    );
  }

  /**
   * Waits until `need` fits: unloads idle columns, least recently used first, then waits for busy ones. A GPU's memory is
   * made free the same way, but never waited for: layers that do not fit stay on the processor. Throws `memory/short`
   * when nothing is left that could be unloaded. While it waits, others have the turn: a busy column may need it to end.
   */
  async makeRoom(
    column: Column,
    { llama, file, gpuLayers, need }: RoomFor,
    turn: LoadTurn,
    report: ColumnReport,
  ): Promise<void> {
    for (;;) {
      const isShared = this.models.has(llama, file, gpuLayers);
      const wanted = isShared ? need.context : sum(need.model, need.context);
      const free = await this.free(llama, column.spec.memoryBudgetBytes);
      const ramFits = wanted.ram <= free.ram;
      if (ramFits && (llama.gpu === false || wanted.vram <= free.vram)) break;
      const victim = this.leastRecentlyUsed(column, ramFits);
      if (victim !== undefined) {
        await this.evict(victim, column, report);
        continue;
      }
      if ((await this.guest?.yieldMemory(ramFits)) === true) continue;
      if (ramFits) break;
      const amounts = memoryAmounts(wanted.ram, free.ram);
      const isBusy = [...this.columns.values()].some(
        (other) => other !== column && other.loaded !== undefined,
      );
      if (!isBusy) {
        throw memoryShort(file.path, amounts, columnHint(column.spec.memoryBudgetBytes));
      }
      turn.wait(`Waits for memory: ${amounts}.`);
      await this.idle.next(report.signal);
    }
    await turn.take();
  }

  /** After loading: what was taken may be more than the estimate (weights are repacked for the processor). */
  async giveBackExcess(column: Column, llama: Llama, report: ColumnReport): Promise<void> {
    for (;;) {
      const free = await this.free(llama, column.spec.memoryBudgetBytes);
      const victim = free.ram < 0 ? this.leastRecentlyUsed(column, false) : undefined;
      if (victim === undefined) return;
      await this.evict(victim, column, report);
    }
  }

  /** Cores, and the turn of small models, for what computes in slices. The result gives them back. */
  async takeTurn(threads: number, isSmall: boolean): Promise<() => void> {
    const cores = await this.cores.take(threads);
    const turn = isSmall ? await this.smallTurns.take(1) : undefined;
    return () => {
      turn?.();
      cores();
    };
  }

  /** Others wait for what `takeTurn` gave. */
  get turnIsWanted(): boolean {
    return this.cores.isWanted || this.smallTurns.isWanted;
  }

  /** Models are loaded one after another. */
  inLoadTurn<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    return this.loading.run(work, { signal });
  }

  /** Unloads the idle column that was not used for longest; answers its name. */
  async yieldMemory(onGpu: boolean): Promise<string | undefined> {
    const victim = this.leastRecentlyUsed(undefined, onGpu);
    await victim?.queue.run(() => victim.unload());
    return victim?.name;
  }

  /** Ends its answers and forgets it. */
  async remove(name: string, report: ColumnReport): Promise<void> {
    const column = this.columns.get(name);
    if (column === undefined) return;
    column.stop();
    await this.inTurn(column, report, async () => {
      await column.unload();
      if (this.columns.get(name) === column) this.columns.delete(name);
    });
    report.state({ column: name, state: 'unloaded' });
  }

  async dispose(): Promise<void> {
    const columns = [...this.columns.values()];
    this.columns.clear();
    for (const column of columns) column.stop();
    await Promise.all(columns.map((column) => column.queue.run(() => column.unload())));
  }

  /** Bytes that more may take on this machine, and of `budget`. */
  free(llama: Llama, budget: number | undefined): Promise<MemoryAmount> {
    let { ram } = this.models.memoryUsage;
    const { mapped } = this.models.memoryUsage;
    for (const { loaded } of this.columns.values()) ram += loaded?.session.memoryUsage.ram ?? 0;
    ram += this.guest?.ramBytes ?? 0;
    return freeMemory(llama, { ram, mapped }, budget);
  }

  private leastRecentlyUsed(asking: Column | undefined, onGpu: boolean): Column | undefined {
    return [...this.columns.values()]
      .filter(
        ({ loaded, queue, isWaitingToLoad }) =>
          loaded !== undefined &&
          (!queue.busy || isWaitingToLoad) &&
          (!onGpu || loaded.about.vramBytes > 0),
      )
      .filter((column) => column !== asking)
      .toSorted((left, right) => left.lastUsed - right.lastUsed)[0];
  }

  private async evict(victim: Column, asking: Column, report: ColumnReport): Promise<void> {
    const reason = `Unloaded to make room for column ${asking.name}; it is loaded again when it is asked.`;
    await (victim.isWaitingToLoad ? victim.unload() : victim.queue.run(() => victim.unload()));
    report.state({ column: victim.name, state: 'unloaded', reason });
  }
}

function sum(left: MemoryAmount, right: MemoryAmount): MemoryAmount {
  return { ram: left.ram + right.ram, vram: left.vram + right.vram };
}

function columnHint(budget: number | undefined): string {
  const hint = 'Use a smaller level, a smaller context window or fewer columns';
  return budget === undefined ? `${hint}.` : `${hint}, or raise the memory budget in the settings.`;
}
