// A job's journal as the lines that people read. Read in pieces from an offset, so that a window can follow a job that
// another process runs without reading its log again and again.
import { open } from 'node:fs/promises';
import { journalLineSchema, type JobLogLine } from '#src/contract/jobs.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';

export interface JobLogPart {
  readonly lines: readonly JobLogLine[];
  /** Where the next call goes on. Equal to the given offset when nothing was added. */
  readonly nextOffset: number;
}

const stepBytes = 1024 * 1024;

/**
 * Lines from a byte offset on, at most about a megabyte of journal at once. A last line without its end is left for the
 * next call; lines that cannot be understood are skipped. A missing journal has no lines.
 */
export async function readJobLog(path: string, offset: number): Promise<JobLogPart> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) return { lines: [], nextOffset: offset };
  try {
    const buffer = Buffer.alloc(stepBytes);
    const { bytesRead } = await handle.read(buffer, 0, stepBytes, offset);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (end < 0) {
      // A single line longer than a step is no line of ours: it is passed over.
      return { lines: [], nextOffset: bytesRead === stepBytes ? offset + bytesRead : offset };
    }
    const text = buffer.toString('utf8', 0, end);
    return { lines: text.split('\n').flatMap(parseLine), nextOffset: offset + end + 1 };
  } finally {
    await handle.close();
  }
}

function parseLine(text: string): JobLogLine[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const line = journalLineSchema.safeParse(value).data;
  if (line === undefined) return [];
  const described = describeEvent(line.event);
  return described === undefined ? [] : [{ time: line.time, ...described }];
}

/** An event in words; progress has none, the job itself tells it. */
function describeEvent(event: StageEvent): Omit<JobLogLine, 'time'> | undefined {
  switch (event.event) {
    case 'phase': {
      const text = event.detail === undefined ? event.phase : `${event.phase} ${event.detail}`;
      return { level: 'info', text: text.charAt(0).toUpperCase() + text.slice(1) };
    }
    case 'notice':
      return { level: event.level, text: event.message };
    case 'log':
      return { level: event.level, text: event.text.trimEnd() };
    case 'artifact': {
      const how = event.reused === true ? 'Unchanged' : 'Written';
      return { level: 'info', text: `${how} ${event.path} (${event.bytes} bytes)` };
    }
    case 'step': {
      const name = event.level === undefined ? event.node : `${event.node} ${event.level}`;
      if (event.state === 'waiting') return undefined;
      const level = event.state === 'failed' ? 'error' : 'debug';
      return { level, text: `${name}: ${event.state}` };
    }
    case 'progress':
      return undefined;
  }
}
