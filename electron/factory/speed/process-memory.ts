// How much memory this process holds, and held at most.
import { readFileSync } from 'node:fs';

/** Bytes in RAM now, pages of mapped files included. */
export function memoryNow(): number {
  return linuxStatus('VmRSS') ?? process.memoryUsage.rss();
}

/**
 * The most bytes in RAM since the process began. Linux's own count and not getrusage there: the latter begins with what the
 * parent held when it forked.
 */
export function peakMemory(): number {
  return linuxStatus('VmHWM') ?? process.resourceUsage().maxRSS * 1024;
}

function linuxStatus(name: 'VmHWM' | 'VmRSS'): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const text = readFileSync('/proc/self/status', 'utf8');
    const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
