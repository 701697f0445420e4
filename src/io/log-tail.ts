// The last lines of a process's output: what a crash report shows.
import { stripVTControlCharacters } from 'node:util';

export interface LogTail {
  /** Takes output as it comes, in pieces that may end in the middle of a line. */
  push(text: string): void;
  /** The last complete lines, and the begun one. */
  lines(): string[];
}

/** Keeps the last `limit` lines; a longer line keeps its first 2000 characters. */
export function createLogTail(limit: number, onLine?: (line: string) => void): LogTail {
  const kept: string[] = [];
  let begun = '';
  const add = (line: string) => {
    // Node colours its errors where FORCE_COLOR is set; reports are shown in windows, too.
    const text = stripVTControlCharacters(line).trimEnd();
    if (text === '') return;
    kept.push(text.slice(0, 2000));
    if (kept.length > limit) kept.shift();
    onLine?.(text);
  };
  return {
    push(text) {
      const pieces = (begun + text).split('\n');
      begun = (pieces.pop() ?? '').slice(0, 2000);
      for (const piece of pieces) add(piece);
    },
    lines: () => (begun.trim() === '' ? [...kept] : [...kept, begun.trimEnd()].slice(-limit)),
  };
}
