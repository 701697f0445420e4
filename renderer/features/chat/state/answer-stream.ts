// Text of answers while they are made, outside of React: one listener per shown answer, told once per animation frame.
// Nothing else of the window is drawn again because a token came.

export interface AnswerStream {
  readonly text: string;
  readonly tokens: number;
  /** Milliseconds (performance.now) when the column's turn to answer began and when the first text came. */
  readonly startedAt: number;
  readonly firstAt: number | undefined;
  readonly lastAt: number;
}

type Listener = (stream: AnswerStream) => void;

const streams = new Map<string, AnswerStream>();
const listeners = new Map<string, Set<Listener>>();
const changed = new Set<string>();
let frame: number | undefined;

export function startStream(column: string): void {
  const now = performance.now();
  streams.set(column, { text: '', tokens: 0, startedAt: now, firstAt: undefined, lastAt: now });
  tell(column);
}

/** The column's turn has come: what it waited before that does not count. */
export function beginStream(column: string): void {
  const stream = streams.get(column);
  if (stream === undefined || stream.firstAt !== undefined) return;
  streams.set(column, { ...stream, startedAt: performance.now() });
}

export function appendToStream(column: string, text: string, tokens: number): void {
  const stream = streams.get(column);
  if (stream === undefined) return;
  const now = performance.now();
  streams.set(column, {
    text: stream.text + text,
    tokens: stream.tokens + tokens,
    startedAt: stream.startedAt,
    firstAt: stream.firstAt ?? now,
    lastAt: now,
  });
  tell(column);
}

/** The stream as it stands; undefined while the column answers nothing. */
export function readStream(column: string): AnswerStream | undefined {
  return streams.get(column);
}

export function endStream(column: string): AnswerStream | undefined {
  const stream = streams.get(column);
  streams.delete(column);
  return stream;
}

/** Calls `listener` at most once per frame while the column's answer grows. Returns how to stop. */
export function onStream(column: string, listener: Listener): () => void {
  const set = listeners.get(column) ?? new Set();
  listeners.set(column, set.add(listener));
  return () => set.delete(listener);
}

function tell(column: string): void {
  changed.add(column);
  frame ??= requestAnimationFrame(() => {
    frame = undefined;
    const columns = [...changed];
    changed.clear();
    for (const name of columns) {
      const stream = streams.get(name);
      if (stream === undefined) continue;
      for (const listener of listeners.get(name) ?? []) listener(stream);
    }
  });
}
