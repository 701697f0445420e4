// What `inspect` tells about an entry, asked once per file and kept for the last few.
import { useEffect, useState } from 'react';
import type { Inspection } from '#src/contract/inspection.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { studio } from '#renderer/stores/studio-store.ts';

export interface Asked<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  readonly again: () => void;
}

const kept = new Map<string, Inspection>();
const mostKept = 8;

/** A file that was written anew is another one. */
const keyOf = (entry: LibraryEntry) => `${entry.file.id}:${entry.modified}:${entry.bytes}`;

export function useInspection(entry: LibraryEntry): Asked<Inspection> {
  const key = keyOf(entry);
  const asked = useAsked(key, async (signal) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const inspection = await studio().call('inspect', { file: entry.file.id }, { signal });
    kept.set(key, inspection);
    for (const old of kept.keys()) {
      if (kept.size <= mostKept) break;
      kept.delete(old);
    }
    return inspection;
  });
  return asked;
}

/** Runs a question while the component stands, and again when the key changes; the last answer to arrive late is dropped. */
export function useAsked<T>(key: string, ask: (signal: AbortSignal) => Promise<T>): Asked<T> {
  const [turn, setTurn] = useState(0);
  const [answer, setAnswer] = useState<{ key: string; value?: T; error?: unknown }>({ key });
  useEffect(() => {
    const stop = new AbortController();
    ask(stop.signal).then(
      (value) => {
        if (!stop.signal.aborted) setAnswer({ key, value });
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setAnswer({ key, error });
      },
    );
    return () => stop.abort();
    // `ask` is made anew with every drawing; the key says when it asks something else.
  }, [key, turn]);
  const current = answer.key === key ? answer : undefined;
  return {
    value: current?.value,
    error: current?.error,
    again: () => {
      setAnswer({ key });
      setTurn(turn + 1);
    },
  };
}
