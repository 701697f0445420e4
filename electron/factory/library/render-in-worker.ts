// Renders a chat template in a thread of its own, with bounds on time and memory that a hostile one cannot cross.
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { RenderedTemplate, TemplateTask } from '#src/stages/library/render-template.ts';

export interface RenderBounds {
  /** Milliseconds, the start of the thread included. Real templates take about 5. */
  readonly milliseconds: number;
  readonly signal?: AbortSignal;
}

/** A real template needs a few megabytes; V8 itself about 10. */
const memoryMegabytes = 128;

/** Never rejects for what the template does; rejects with `signal.reason` when aborted. */
export async function renderInWorker(
  task: TemplateTask,
  { milliseconds, signal }: RenderBounds,
): Promise<RenderedTemplate> {
  signal?.throwIfAborted();
  const worker = new Worker(workerEntry(), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: memoryMegabytes, maxYoungGenerationSizeMb: 16 },
  });
  try {
    return await new Promise((resolve, reject) => {
      const tooLong = `It did not end within ${milliseconds / 1000} s: it probably loops for ever.`;
      const timer = setTimeout(() => resolve({ problem: tooLong }), milliseconds);
      const end = (result: RenderedTemplate) => {
        clearTimeout(timer);
        resolve(result);
      };
      worker.on('message', end);
      worker.on('error', (error: NodeJS.ErrnoException) => {
        const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
        end({ problem: isMemory ? 'It fills the memory.' : error.message });
      });
      worker.on('exit', () => end({ problem: 'Rendering it stopped unexpectedly.' }));
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      });
    });
  } finally {
    await worker.terminate();
  }
}

/** Beside the host's bundle; from the sources (tests), the one that the build put into dist. */
function workerEntry(): string {
  const here = import.meta.url;
  const path = here.endsWith('.ts')
    ? '../../../dist/factory/template-worker.js'
    : './template-worker.js';
  return fileURLToPath(new URL(path, here));
}
