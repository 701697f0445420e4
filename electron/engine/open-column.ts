// Loads what a column should hold: its file's facts, its adapters, the shared model and a context of its own.
import type { Llama, LlamaModel } from 'node-llama-cpp';
import type { LoadedColumn } from '#src/contract/column.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { chooseThreads, isSmallModel } from '#src/io/choose-threads.ts';
import { ChatSession } from './chat-session.ts';
import { resolveChatTemplate, type ChatTemplate } from './chat-template.ts';
import type { Column, ColumnReport, ColumnSpec, LoadedParts } from './column.ts';
import type { LlamaSource } from './load-llama.ts';
import type { LoadTurn } from './load-turn.ts';
import { estimateNeed, type MemoryNeed } from './memory-need.ts';
import { statModel, type ModelFile } from './model-file.ts';
import type { ModelLease, ModelStore } from './model-store.ts';
import { refusals } from './refusals.ts';
import {
  readModelFacts,
  resolveAdapters,
  type ModelFacts,
  type ResolvedAdapter,
} from './resolve-adapters.ts';

/** Tokens of a context when neither the caller nor the file says; larger ones take memory that few chats use. */
export const usualContext = 4096;

/** The window that a chat gets: never above the trained one. */
export function windowOf(asked: number | undefined, facts: ModelFacts): number {
  const wanted = asked ?? facts.contextWindow ?? usualContext;
  return Math.min(wanted, facts.trainedContext ?? wanted);
}

/** What a column takes memory for. */
export interface RoomFor {
  readonly llama: Llama;
  readonly file: ModelFile;
  readonly gpuLayers: 'auto' | number;
  readonly need: MemoryNeed;
}

/** What a column is opened within: the libraries, the models that columns share, and the memory of all of them. */
export interface ColumnHome {
  readonly llamas: LlamaSource;
  readonly models: ModelStore;
  /** When to load beside others' answers. */
  loadTurn(column: Column, file: ModelFile, report: ColumnReport, why?: string): LoadTurn;
  /** Unloads idle columns, or waits out of turn, until there is room; ends in turn. */
  makeRoom(column: Column, room: RoomFor, turn: LoadTurn, report: ColumnReport): Promise<void>;
  /** Unloads idle columns when loading took more than was estimated. */
  giveBackExcess(column: Column, llama: Llama, report: ColumnReport): Promise<void>;
}

/** In the column's turn and the turn of loading only. What the column held before is unloaded. `why` is told. */
export async function openColumn(
  home: ColumnHome,
  column: Column,
  report: ColumnReport,
  why?: string,
): Promise<LoadedParts> {
  const { spec } = column;
  const file = await statModel(spec.path);
  if (column.loaded !== undefined && isSame(column.loaded, spec, file)) {
    report.state({ column: column.name, state: 'ready' });
    return column.loaded;
  }
  const turn = home.loadTurn(column, file, report, why);
  try {
    await turn.take();
    const parts = await openFile(home, column, file, turn, report);
    turn.end();
    return parts;
  } finally {
    turn.giveBack();
  }
}

async function openFile(
  home: ColumnHome,
  column: Column,
  file: ModelFile,
  turn: LoadTurn,
  report: ColumnReport,
): Promise<LoadedParts> {
  const { spec } = column;
  report.stage({ event: 'phase', phase: 'Loading', detail: spec.path });
  const facts = await readModelFacts(spec.path);
  const adapters = await resolveAdapters(spec.path, spec.adapters);
  const notices: string[] = [];
  const notice = (message: string) => {
    notices.push(message);
    report.stage({ event: 'notice', level: 'warning', message });
  };
  const llama = await home.llamas.get(spec.gpu, (event) =>
    event.event === 'notice' ? notice(event.message) : report.stage(event),
  );
  const contextSize = windowOf(spec.contextSize, facts);
  if (spec.contextSize !== undefined && spec.contextSize > contextSize) {
    notice(`The model was trained on ${contextSize} tokens; the window is cut to that.`);
  }
  const gpuLayers = spec.gpu === 'off' ? 0 : spec.gpuLayers;
  const loadWith = async (layers: 'auto' | number): Promise<Opened> => {
    const lease = await home.models.acquire(llama, file, {
      gpuLayers: layers,
      contextSize,
      signal: report.signal,
      onProgress: (done, total) =>
        report.stage({ event: 'progress', done, total, unit: 'bytes', detail: spec.column }),
      notice: (event) => event.event === 'notice' && notice(event.message),
      meanPooled: facts.architecture,
    });
    try {
      return {
        lease,
        ...(await openSession(lease.model, { spec, file, facts, adapters, contextSize, report })),
      };
    } catch (error) {
      const offloaded = lease.model.gpuLayers;
      await lease.release();
      const isShort = error instanceof StudioError && error.code === 'memory/short';
      if (!isShort || offloaded === 0) throw error;
      const fewer = Math.floor(offloaded / 2);
      notice(`The window does not fit beside ${offloaded} layers on the GPU; ${fewer} are used.`);
      return loadWith(fewer);
    }
  };
  // Held until the new lease is taken: another set of adapters on the same file does not load it again.
  const shared =
    column.loaded !== undefined && isSameModel(column.loaded, spec, file)
      ? column.loaded
      : undefined;
  column.loaded = shared === undefined ? column.loaded : undefined;
  await (shared === undefined ? column.unload() : shared.session.dispose());
  let opened: Opened;
  try {
    const need = await estimateNeed(llama, file, { gpuLayers, contextSize });
    await home.makeRoom(column, { llama, file, gpuLayers, need }, turn, report);
    opened = await loadWith(gpuLayers);
  } finally {
    await shared?.lease.release();
  }
  const about = describe({ spec, facts, adapters, llama, ...opened, notices });
  column.loaded = { spec, llama, file, facts, lease: opened.lease, session: opened.session, about };
  await home.giveBackExcess(column, llama, report);
  return column.loaded;
}

interface Opened {
  readonly lease: ModelLease;
  readonly session: ChatSession;
  readonly template: ChatTemplate;
  readonly threads: number;
}

async function openSession(
  model: LlamaModel,
  options: {
    readonly spec: ColumnSpec;
    readonly file: ModelFile;
    readonly facts: ModelFacts;
    readonly adapters: readonly ResolvedAdapter[];
    readonly contextSize: number;
    readonly report: ColumnReport;
  },
): Promise<Omit<Opened, 'lease'>> {
  const { spec, file, facts, adapters, contextSize, report } = options;
  const template = resolveChatTemplate(model, facts.vocabulary);
  // The setting is made for large models; a small one gets slower by a factor of 50 and more with a second thread.
  const threads = isSmallModel(file.bytes) ? 1 : (spec.threads ?? chooseThreads(file.bytes));
  const session = await refusals(spec.path, () =>
    ChatSession.create(model, { contextSize, threads, adapters, template }, report.signal),
  );
  return { session, template, threads };
}

function isSameModel(loaded: LoadedParts, spec: ColumnSpec, file: ModelFile): boolean {
  return (
    loaded.file.version === file.version &&
    loaded.spec.path === spec.path &&
    loaded.spec.gpu === spec.gpu &&
    loaded.spec.gpuLayers === spec.gpuLayers
  );
}

function isSame(loaded: LoadedParts, spec: ColumnSpec, file: ModelFile): boolean {
  return (
    loaded.file.version === file.version && JSON.stringify(loaded.spec) === JSON.stringify(spec)
  );
}

function describe(parts: {
  readonly spec: ColumnSpec;
  readonly facts: ModelFacts;
  readonly adapters: readonly ResolvedAdapter[];
  readonly llama: Llama;
  readonly lease: ModelLease;
  readonly session: ChatSession;
  readonly template: ChatTemplate;
  readonly threads: number;
  readonly notices: readonly string[];
}): Omit<LoadedColumn, 'seconds'> {
  const { spec, facts, adapters, llama, lease, session, template, threads } = parts;
  const { model } = lease;
  const recommended = Object.entries(facts.sampling).map(([name, value]) => `${name} ${value}`);
  return {
    column: spec.column,
    model: model.filename ?? spec.path,
    contextSize: session.contextSize,
    trainedContextSize: model.trainContextSize,
    threads,
    gpu: model.gpuLayers > 0 ? llama.gpu : false,
    gpuLayers: model.gpuLayers,
    totalLayers: model.fileInsights.totalLayers,
    ramBytes: model.memoryUsage.ram + session.memoryUsage.ram,
    vramBytes: model.memoryUsage.vram + session.memoryUsage.vram,
    template: template.name,
    ...(template.problem !== undefined && { templateProblem: template.problem }),
    adapters: adapters.map(({ name }) => name),
    bundledAdapters: [...facts.bundledAdapters],
    notices: [
      ...parts.notices,
      ...(template.notice === undefined ? [] : [template.notice]),
      ...(recommended.length === 0
        ? []
        : [`The model's authors recommend ${recommended.join(', ')}.`]),
    ],
  };
}
