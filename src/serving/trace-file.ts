// Decisions as lines of a file, where the user asked for it: to be replayed after a manifest changed. It stays on this machine.
import { appendFile } from 'node:fs/promises';
import type { Decision } from '#src/contract/routing/decision.ts';

export interface TraceFile {
  add(text: string, decision: Decision): Promise<void>;
  end(): Promise<void>;
}

/** Writing never delays or fails an answer: what cannot be written is left out. */
export function openTrace(path: string | undefined): TraceFile {
  let last: Promise<void> = Promise.resolve();
  return {
    add(text, decision) {
      if (path === undefined) return Promise.resolve();
      const line = `${JSON.stringify({ time: new Date().toISOString(), text, decision })}\n`;
      last = last.then(() => appendFile(path, line, { mode: 0o600 })).catch(() => undefined);
      return last;
    },
    end: () => last,
  };
}
