// The engine's methods for columns: load, answer, compare, unload, measure.
import { randomInt } from 'node:crypto';
import type { Answer } from '#src/contract/column.ts';
import type { EngineContract } from '#src/contract/engine.contract.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import type { CallContext, Handlers } from '#src/rpc/server.ts';
import type { ColumnStore } from './column-store.ts';
import type { Column, ColumnReport } from './column.ts';
import { findFirstDifference } from './first-difference.ts';
import { wasReplaced } from './model-file.ts';
import { refusals } from './refusals.ts';
import { batchText } from './text-batcher.ts';

type ColumnMethod =
  'loadColumn' | 'generate' | 'findFirstDifference' | 'unloadColumn' | 'measureMemory';
type GenerateContext = Parameters<Handlers<EngineContract>['generate']>[1];
type GenerateParams = Parameters<Handlers<EngineContract>['generate']>[0];

export function columnHandlers(store: ColumnStore): Pick<Handlers<EngineContract>, ColumnMethod> {
  return {
    async loadColumn(params, { signal, emit }) {
      const start = performance.now();
      const { about } = await store.load(params, {
        signal,
        state: (state) => emit({ event: 'state', state }),
        stage: emit,
      });
      return { ...about, seconds: (performance.now() - start) / 1000 };
    },

    generate: (params, context) => generate(store, params, context),

    findFirstDifference: ({ columns }, context) =>
      findFirstDifference(store, columns, silentReport(context)),

    async unloadColumn({ column }, context) {
      await store.remove(column, silentReport(context));
      return null;
    },

    async measureMemory() {
      const [llama] = (await store.llamas.loaded()).filter(({ gpu }) => gpu !== false);
      if (llama === undefined) {
        const [processor] = await store.llamas.loaded();
        return { ...(processor !== undefined && { gpu: false as const }), devices: [] };
      }
      const names = await llama.getGpuDeviceNames();
      const { free, total } = await llama.getVramState();
      return {
        gpu: llama.gpu,
        // The back end tells the sum of its devices.
        devices: [{ name: names.join(' + '), freeBytes: free, totalBytes: total }],
      };
    },
  };
}

/** For methods that have stage events but no column events. */
function silentReport({ signal, emit }: CallContext<StageEvent>): ColumnReport {
  return { signal, state: () => undefined, stage: emit };
}

async function generate(
  store: ColumnStore,
  params: GenerateParams,
  { signal: callSignal, emit }: GenerateContext,
): Promise<Answer> {
  const column = store.find(params.column);
  const start = performance.now();
  const seed = params.sampling.seed ?? randomInt(0xffff_ffff);
  return column.stoppable(callSignal, async (signal) => {
    const report: ColumnReport = {
      signal,
      state: (state) => emit({ event: 'state', state }),
      stage: () => undefined,
    };
    try {
      return await store.inTurn(column, report, async () => {
        await keepLoaded(store, column, report);
        return await store.compute(
          column,
          () => answer(column, { ...params, seed, start }, report, emit),
          { signal, onWait: (reason) => say(report, column, 'waiting', reason) },
        );
      });
    } catch (error) {
      if (column.loaded !== undefined) say(report, column, 'ready');
      if (!signal.aborted) throw error;
      return stoppedBefore(column, seed, start);
    }
  });
}

/** Loads a column that was unloaded to make room, or whose file was written anew since. */
async function keepLoaded(store: ColumnStore, column: Column, report: ColumnReport): Promise<void> {
  if (column.loaded === undefined) await store.open(column, report);
  else if (await wasReplaced(column.loaded.file)) {
    await store.open(column, report, 'The file was written anew since; loading it again.');
  }
}

function say(
  report: ColumnReport,
  { name }: Column,
  state: 'waiting' | 'answering' | 'ready',
  reason?: string,
): void {
  report.state({ column: name, state, ...(reason !== undefined && { reason }) });
}

async function answer(
  column: Column,
  params: GenerateParams & { readonly seed: number; readonly start: number },
  report: ColumnReport,
  emit: GenerateContext['emit'],
): Promise<Answer> {
  const { session, facts } = column.loaded!;
  say(report, column, 'answering');
  // Waiting for other columns and loading are no property of the model.
  const begin = performance.now();
  let first: number | undefined;
  const batcher = batchText((text, tokens) => emit({ event: 'text', text, tokens }));
  const { record, ...answered } = await refusals(column.spec.path, () =>
    session.answer(
      params.messages,
      { ...facts.sampling, ...params.sampling, seed: params.seed },
      {
        signal: report.signal,
        onText(text, tokens) {
          first ??= performance.now();
          batcher.push(text, tokens);
        },
      },
    ),
  ).finally(() => batcher.flush());
  const end = performance.now();
  column.lastAnswer = { ...record, vocabulary: facts.vocabulary };
  say(report, column, 'ready');
  const streamed = first === undefined ? 0 : (end - first) / 1000;
  return {
    ...answered,
    windowSize: session.contextSize,
    seed: params.seed,
    firstTokenSeconds: first === undefined ? null : (first - begin) / 1000,
    tokensPerSecond:
      answered.tokens < 2 || streamed === 0 ? null : (answered.tokens - 1) / streamed,
    seconds: (end - params.start) / 1000,
  };
}

/** Stopped while it waited: what came so far is nothing. */
function stoppedBefore(column: Column, seed: number, start: number): Answer {
  return {
    text: '',
    tokens: 0,
    promptTokens: 0,
    windowUsed: 0,
    windowSize: column.loaded?.session.contextSize ?? 0,
    stopReason: 'abort',
    seed,
    firstTokenSeconds: null,
    tokensPerSecond: null,
    seconds: (performance.now() - start) / 1000,
  };
}
