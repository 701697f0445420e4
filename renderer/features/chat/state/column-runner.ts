// Loads a column's model when it is needed and lets it answer. The engine decides what memory holds; this file keeps what
// came, whatever happens: stopped, failed and crashed answers stay in the conversation and say so.
import type { Turn } from '#src/contract/conversation.ts';
import { defaultSampling } from '#src/contract/sampling.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import { isAbort, StudioError } from '#src/errors/studio-error.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import { measuredOf, rateBetween } from '../logic/answer-figures.ts';
import { appendAnswer, messagesOf, type Column } from '../logic/conversation-changes.ts';
import {
  appendToStream,
  beginStream,
  endStream,
  readStream,
  startStream,
  type AnswerStream,
} from './answer-stream.ts';
import { runtimeOf, setRuntime, useChat } from './chat-store.ts';
import { change } from './conversation-keeper.ts';

interface Run {
  readonly controller: AbortController;
  /** Resolves when its answer, or what came of it, is in the conversation. */
  readonly done: Promise<void>;
}

const running = new Map<string, Run>();

/** Ids of files by the path that conversations keep. Ids are valid while the studio runs. */
const files = new Map<string, FileReference>();

export function rememberFile(file: FileReference): void {
  files.set(file.recipePath, file);
}

async function fileOf(path: string, name: string): Promise<FileReference> {
  const known = files.get(path);
  if (known !== undefined) return known;
  const file = await studio().call('resolveRecipePath', { path });
  if (file === null) {
    throw new StudioError('io/not-found', `${name} cannot be opened: ${path}`, {
      hint: 'Choose another file for this column, or add its folder to the model folders.',
    });
  }
  files.set(path, file);
  return file;
}

/** The conversation's own text, while it is open. */
function columnOf(id: string): Column | undefined {
  return useChat.getState().conversation.columns.find((column) => column.id === id);
}

/** Stops one column, or all. What came so far is kept. */
export function stop(column?: string): void {
  for (const [id, { controller }] of running) {
    if (column === undefined || id === column) controller.abort();
  }
}

/** Stops all columns and waits until what came is kept, two seconds at most. */
export async function stopAndSettle(): Promise<void> {
  stop();
  await Promise.race([
    Promise.all([...running.values()].map(({ done }) => done)),
    new Promise((resolve) => setTimeout(resolve, 2000)),
  ]);
}

/** Forgets that anything is loaded: the engine ended. */
export function forgetLoaded(): void {
  for (const id of Object.keys(useChat.getState().runtime)) {
    if (!running.has(id)) setRuntime(id, { phase: 'not-loaded', loaded: undefined });
    setRuntime(id, { loadedKey: undefined });
  }
}

/** Frees a column's model. */
export function unload(id: string): void {
  running.get(id)?.controller.abort();
  if (runtimeOf(id).loadedKey === undefined) return;
  setRuntime(id, { phase: 'not-loaded', loaded: undefined, loadedKey: undefined });
  studio()
    .call('unloadColumn', { column: id })
    .catch(() => undefined);
}

/** Answers the last prompt of a column. Never rejects: what fails is told in the column. */
export async function answer(id: string): Promise<void> {
  const before = running.get(id);
  before?.controller.abort();
  await before?.done;
  const controller = new AbortController();
  const run: Run = { controller, done: answerOnce(id, controller.signal) };
  running.set(id, run);
  await run.done;
  if (running.get(id) === run) running.delete(id);
}

async function answerOnce(id: string, signal: AbortSignal): Promise<void> {
  const conversationId = useChat.getState().conversation.id;
  startStream(id);
  let turn: Turn;
  try {
    turn = await generate(id, signal);
  } catch (error) {
    turn = brokenTurn(error, readStream(id));
  }
  if (useChat.getState().conversation.id === conversationId) {
    if (columnOf(id)?.turns.at(-1)?.role === 'user') {
      change((conversation) => appendAnswer(conversation, id, turn, Date.now()));
    }
    const { loaded, loadedKey } = runtimeOf(id);
    setRuntime(id, {
      phase: loaded === undefined || loadedKey === undefined ? 'not-loaded' : 'ready',
      reason: undefined,
      progress: undefined,
    });
  }
  endStream(id);
}

async function generate(id: string, signal: AbortSignal): Promise<Turn> {
  await load(id, signal);
  const column = columnOf(id);
  if (column === undefined) throw new StudioError('cancelled', 'The column was removed.');
  setRuntime(id, { phase: 'answering', reason: undefined, progress: undefined });
  const { conversation } = useChat.getState();
  const result = await studio().call(
    'generate',
    {
      column: id,
      messages: messagesOf(conversation, column),
      // Every field is sent, so that no column follows its model's own recommendation instead.
      sampling: { ...defaultSampling, ...conversation.sampling },
    },
    {
      signal,
      onEvent(event) {
        if (event.event === 'text') appendToStream(id, event.text, event.tokens);
        else showState(id, event.state.state, event.state.reason);
      },
    },
  );
  return { role: 'assistant', text: result.text, measured: measuredOf(result) };
}

async function load(id: string, signal: AbortSignal): Promise<void> {
  const column = columnOf(id);
  const model = column?.model ?? null;
  if (column === undefined || model === null) {
    throw new StudioError('io/not-found', 'This column has no model.', {
      hint: 'Choose one in the menu of the column.',
    });
  }
  const contextSize = column.contextSize ?? useChat.getState().conversation.contextSize;
  const settings = useStudio.getState().state?.settings;
  const gpuLayers = column.gpuLayers ?? settings?.gpuLayers ?? 'auto';
  const key = JSON.stringify([model.path, model.adapters, contextSize, gpuLayers]);
  if (runtimeOf(id).loadedKey === key) return;
  setRuntime(id, { phase: 'loading', reason: undefined, progress: undefined });
  const file = await fileOf(model.path, model.name);
  const adapters = await Promise.all(
    model.adapters.map(async (adapter) =>
      'bundled' in adapter
        ? adapter
        : { file: (await fileOf(adapter.path, adapter.name)).id, scale: adapter.scale },
    ),
  );
  const loaded = await studio().call(
    'loadColumn',
    {
      column: id,
      file: file.id,
      adapters,
      gpuLayers,
      ...(contextSize === undefined ? {} : { contextSize }),
      ...(settings?.threads === undefined ? {} : { threads: settings.threads }),
      ...(settings?.memoryBudgetBytes === undefined
        ? {}
        : { memoryBudgetBytes: settings.memoryBudgetBytes }),
      gpu: settings?.gpu ?? 'auto',
    },
    {
      signal,
      onEvent(event) {
        if (event.event === 'state') showState(id, event.state.state, event.state.reason);
        else setRuntime(id, { progress: { done: event.done, total: event.total } });
      },
    },
  );
  setRuntime(id, { loaded, loadedKey: key });
}

function showState(id: string, state: string, reason: string | undefined): void {
  if (state === 'loading' || state === 'waiting' || state === 'answering') {
    if (state === 'answering') beginStream(id);
    setRuntime(id, { phase: state, reason });
  }
}

/** What is kept of an answer that did not end by itself. */
function brokenTurn(error: unknown, stream: AnswerStream | undefined): Turn {
  const text = stream?.text ?? '';
  if (isAbort(error)) {
    const seed = useChat.getState().conversation.sampling.seed ?? 0;
    return { role: 'assistant', text, measured: stoppedFigures(stream, seed) };
  }
  const known = error instanceof StudioError;
  const hint =
    known && error.code === 'io/not-found'
      ? 'It was moved or deleted. Bring it back and try again, or choose another model.'
      : known
        ? error.hint
        : undefined;
  return {
    role: 'assistant',
    text,
    problem: {
      code: known ? error.code : 'internal',
      message: error instanceof Error ? error.message : 'The engine failed.',
      ...(hint === undefined ? {} : { hint }),
    },
  };
}

/** As far as the window itself could measure. */
function stoppedFigures(
  stream: AnswerStream | undefined,
  seed: number,
): NonNullable<Turn['measured']> {
  const first = stream?.firstAt;
  return {
    tokens: stream?.tokens ?? 0,
    firstTokenSeconds:
      stream === undefined || first === undefined ? null : (first - stream.startedAt) / 1000,
    tokensPerSecond:
      stream === undefined || first === undefined
        ? null
        : rateBetween(stream.tokens, first, stream.lastAt),
    stopReason: 'abort',
    seed,
    windowUsed: 0,
    windowSize: 0,
  };
}
