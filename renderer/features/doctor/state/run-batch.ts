// Checks many files one after the other: the list stands at once, verdicts fill in, and every finished line can be opened.
import { create } from 'zustand';
import type { StudioResult } from '#renderer/studio-client.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { describeError } from '#renderer/ui/describe-error.ts';
import type { CheckDepth } from './doctor-store.ts';
import { setSubject, useDoctor } from './doctor-store.ts';
import { depthParams, resultOf } from './run-check.ts';

export type BatchFile = StudioResult<'listModelFiles'>[number];

export interface BatchLine {
  readonly file: BatchFile;
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'stopped';
  /** Share of the running one; undefined while unknown. */
  readonly share?: number | undefined;
  readonly result?: StudioResult<'diagnose'>;
  readonly error?: unknown;
}

export interface BatchStore {
  /** The folder, or how many files were dropped; undefined before anything was chosen. */
  readonly title: string | undefined;
  readonly listing: boolean;
  readonly running: boolean;
  readonly depth: CheckDepth;
  readonly lines: readonly BatchLine[];
  readonly error: unknown;
}

export const useBatch = create<BatchStore>(() => ({
  title: undefined,
  listing: false,
  running: false,
  depth: 'static',
  lines: [],
  error: undefined,
}));

let running: AbortController | undefined;

export async function startBatch(
  title: string,
  list: () => Promise<readonly BatchFile[]>,
): Promise<void> {
  running?.abort();
  const controller = new AbortController();
  running = controller;
  useBatch.setState({ title, listing: true, running: true, lines: [], error: undefined });
  try {
    const files = await list();
    if (running !== controller) return;
    useBatch.setState({
      listing: false,
      lines: files.map((file) => ({ file, state: 'waiting' as const })),
    });
  } catch (error) {
    if (running === controller) useBatch.setState({ listing: false, running: false, error });
    return;
  }
  await checkLines(controller);
}

/** Checks what has not been checked, or all lines again. */
export async function continueBatch(again: boolean): Promise<void> {
  running?.abort();
  const controller = new AbortController();
  running = controller;
  useBatch.setState(({ lines }) => ({
    running: true,
    lines: lines.map(({ file, ...line }) =>
      again || line.state !== 'done' ? { file, state: 'waiting' as const } : { file, ...line },
    ),
  }));
  await checkLines(controller);
}

export function cancelBatch(): void {
  running?.abort();
}

async function checkLines(controller: AbortController): Promise<void> {
  const change = (id: string, changes: Partial<BatchLine>) => {
    if (running !== controller) return;
    useBatch.setState(({ lines }) => ({
      lines: lines.map((line) => (line.file.id === id ? { ...line, ...changes } : line)),
    }));
  };
  for (const { file, state } of useBatch.getState().lines) {
    if (running !== controller) return;
    if (controller.signal.aborted) break;
    if (state !== 'waiting') continue;
    change(file.id, { state: 'running' });
    let drawn = 0;
    try {
      const result = await studio().call(
        'diagnose',
        { file: file.id, ...depthParams(useBatch.getState().depth) },
        {
          signal: controller.signal,
          onEvent(event) {
            if (event.event !== 'progress' || event.total === 0) return;
            const now = performance.now();
            if (now - drawn < 200) return;
            drawn = now;
            change(file.id, { share: event.done / event.total });
          },
        },
      );
      change(file.id, { state: 'done', share: undefined, result });
    } catch (error) {
      const isStopped = describeError(error) === undefined;
      change(file.id, {
        state: isStopped ? 'stopped' : 'failed',
        share: undefined,
        ...(isStopped ? {} : { error }),
      });
    }
  }
  if (running !== controller) return;
  running = undefined;
  useBatch.setState(({ lines }) => ({
    running: false,
    lines: lines.map((line) => (line.state === 'waiting' ? { ...line, state: 'stopped' } : line)),
  }));
}

/** Puts a finished line on the table, as if it had just been checked. */
export function openLine({ file, result }: BatchLine): void {
  if (result === undefined) return;
  setSubject(file);
  useDoctor.setState({
    run: { file, state: 'done', sight: undefined, ...resultOf(result) },
  });
}
