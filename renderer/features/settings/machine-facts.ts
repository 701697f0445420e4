// A machine's description as rows of words. Pure.
import type { Machine } from '#src/contract/machine.ts';
import { formatBytes } from '#src/text/format-number.ts';

export function machineFacts(
  machine: Machine,
  version: string | undefined,
): readonly (readonly [name: string, value: string])[] {
  return [
    ['Processor', machine.processor],
    ['Cores for the studio', String(machine.cores)],
    [
      'Memory',
      `${formatBytes(machine.freeMemoryBytes)} free of ${formatBytes(machine.memoryBytes)}`,
    ],
    ['System', `${machine.platform} ${machine.architecture}`],
    ...('release' in machine.llama ? [['llama.cpp', machine.llama.release] as const] : []),
    ['Node.js', machine.nodeVersion],
    ...(version === undefined ? [] : [['GGUF Studio', version] as const]),
  ];
}

/** The names that are on in llama.cpp's line: `CPU : SSE3 = 1 | AVX2 = 1 | LLAMAFILE = 1`. */
export function processorFeatures(line: string): readonly string[] {
  return [...line.matchAll(/([A-Z][A-Z0-9_]*)\s*=\s*1\b/g)].map((match) => match[1] ?? '');
}
