// A log as text, for the screen and the clipboard. Pure.
import type { JobLogLine } from '#src/contract/jobs.ts';

const two = (value: number) => String(value).padStart(2, '0');

/** `14:02:07`, in local time. */
export function clockText(time: number): string {
  const date = new Date(time);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** One line each: ISO time, level, text. */
export function logAsText(lines: readonly JobLogLine[]): string {
  return lines
    .map(({ time, level, text }) => `${new Date(time).toISOString()} ${level} ${text}`)
    .join('\n');
}
