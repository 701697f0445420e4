// How fast the library opens the header of a large model (3.6 GB, 150,000 tokens with merges, made by code), against
// node-llama-cpp's own reader in the same run: the headline of a list, and all details.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readGgufFileInfo } from 'node-llama-cpp';
import { describeModel } from '#electron/factory/methods/describe-model.ts';
import { inspect } from '#electron/factory/methods/inspect.ts';
import { writeLargeGguf } from '#test/helpers/write-large-gguf.ts';
import { median } from './ratio-interval.ts';

export interface LibraryHeaderResult {
  /** Milliseconds, the median of the runs. */
  readonly headline: number;
  readonly details: number;
  readonly peer: number;
}

const runs = 15;
const context = { signal: new AbortController().signal, emit: () => undefined };

/** Measures in turn, so that what else the machine does strikes all three alike. */
export async function measureLibraryHeader(folder: string): Promise<LibraryHeaderResult> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'library-header.gguf');
  await writeLargeGguf(path);
  const measured = {
    headline: { times: [] as number[], run: () => describeModel({ path }, context) },
    details: { times: [] as number[], run: () => inspect({ path }, context) },
    peer: { times: [] as number[], run: () => readGgufFileInfo(path, { logWarnings: false }) },
  };
  try {
    for (let count = 0; count < runs; count++) {
      for (const { times, run } of Object.values(measured)) {
        const start = performance.now();
        await run();
        times.push(performance.now() - start);
      }
    }
  } finally {
    await rm(path);
  }
  return {
    headline: median(measured.headline.times),
    details: median(measured.details.times),
    peer: median(measured.peer.times),
  };
}

export function renderLibraryHeader({ headline, details, peer }: LibraryHeaderResult): string {
  const line = (name: string, milliseconds: number) =>
    `${name}: ${milliseconds.toFixed(0)} ms, ${(milliseconds / peer).toFixed(2)} of the peer's`;
  return [
    'Library header (3.6 GB GGUF, 150,000 tokens):',
    line('headline', headline),
    line('all details', details),
    `peer (node-llama-cpp readGgufFileInfo): ${peer.toFixed(0)} ms`,
  ].join('\n  ');
}
