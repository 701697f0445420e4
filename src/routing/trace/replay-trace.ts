// A recorded trace, decided again: the proof that a manifest still does what it did, or the list of what it does differently.
import type { Decision } from '#src/contract/routing/decision.ts';
import { traceEntrySchema, type TraceEntry } from '#src/contract/routing/trace.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { Router } from '../router.ts';

const maximumLines = 1_000_000;

export interface ReplayedChange {
  readonly line: number;
  readonly text: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly scoreBefore: number;
  readonly scoreAfter: number;
}

export interface Replay {
  readonly decisions: number;
  readonly same: number;
  readonly changed: readonly ReplayedChange[];
  /** Decisions that a person or a name in the request made: there is nothing to decide again. */
  readonly skipped: number;
}

/** Lines of a trace. Throws `routing/trace` naming the line that cannot be read. */
export function parseTrace(text: string, label: string): TraceEntry[] {
  const lines = text.split('\n');
  if (lines.length > maximumLines) {
    throw new StudioError('routing/trace', `${label} has more than ${maximumLines} lines.`, {
      hint: 'Replay it in parts.',
    });
  }
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const entry = traceEntrySchema.safeParse(readJson(line));
    if (entry.success) return [entry.data];
    const [issue] = entry.error.issues;
    throw new StudioError(
      'routing/trace',
      `${label}, line ${index + 1}, is no recorded decision: ${issue?.path.join('.') || 'the line'}: ${issue?.message ?? 'wrong form'}.`,
      { hint: 'Traces are written by serve and by route test with --trace.' },
    );
  });
}

/** One line of a trace, with its line break. */
export function traceLine(entry: TraceEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/** Decides every entry again, with the turns that it was decided with. */
export async function replayTrace(
  router: Router,
  entries: readonly TraceEntry[],
  signal?: AbortSignal,
): Promise<Replay> {
  const changed: ReplayedChange[] = [];
  let decided = 0;
  for (const [index, { text, turns = [], decision: before }] of entries.entries()) {
    signal?.throwIfAborted();
    if (before.by === 'person' || before.by === 'address') continue;
    decided++;
    const after = await router.decide(text, { turns });
    if (after.route === before.route) continue;
    changed.push({
      line: index + 1,
      text,
      before: before.route,
      after: after.route,
      scoreBefore: scoreOf(before),
      scoreAfter: scoreOf(after),
    });
  }
  return {
    decisions: decided,
    same: decided - changed.length,
    changed,
    skipped: entries.length - decided,
  };
}

/** Of the route that was taken, or the best one where none was. */
function scoreOf({ route, scores }: Decision): number {
  if (route !== null) return Object.hasOwn(scores, route) ? (scores[route] ?? 0) : 0;
  return Math.max(0, ...Object.values(scores));
}

function readJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
