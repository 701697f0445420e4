// Decisions as lines of a file, where the user asked for it: to be replayed after a manifest changed. It stays on this machine.
import { appendFile } from 'node:fs/promises';
import type { Decision } from '#src/contract/routing/decision.ts';
import { traceLine } from '#src/routing/trace/replay-trace.ts';
import type { Turn } from '#src/routing/router.ts';

export interface TraceFile {
  add(text: string, turns: readonly Turn[], decision: Decision): Promise<void>;
  end(): Promise<void>;
}

/** Writing never delays or fails an answer: what cannot be written is left out. */
export function openTrace(path: string | undefined): TraceFile {
  let last: Promise<void> = Promise.resolve();
  return {
    add(text, turns, decision) {
      if (path === undefined) return Promise.resolve();
      const time = new Date().toISOString();
      const line = traceLine({ time, text, turns: [...turns], decision });
      last = last.then(() => appendFile(path, line, { mode: 0o600 })).catch(() => undefined);
      return last;
    },
    end: () => last,
  };
}
