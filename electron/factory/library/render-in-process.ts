// Renders a chat template in a process of its own, with bounds on time and memory that a hostile one cannot cross.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ExaminationTask, ExaminedTemplates } from '#src/doctor/template/examine-template.ts';
import type {
  ConversationsTask,
  RenderedConversations,
} from '#src/stages/library/render-conversations.ts';
import type { RenderedTemplate, TemplateTask } from '#src/stages/library/render-template.ts';

export interface RenderBounds {
  /** Milliseconds, the start of the process included (about 100). Real templates take about 5. */
  readonly milliseconds: number;
  readonly signal?: AbortSignal;
}

/** A real template needs a few megabytes. */
const memoryMegabytes = 128;

/** Never rejects for what the template does; rejects with `signal.reason` when aborted. */
export function renderInProcess(
  task: ConversationsTask,
  bounds: RenderBounds,
): Promise<RenderedConversations>;
export function renderInProcess(
  task: TemplateTask,
  bounds: RenderBounds,
): Promise<RenderedTemplate>;
export function renderInProcess(
  task: ExaminationTask,
  bounds: RenderBounds,
): Promise<ExaminedTemplates>;
export async function renderInProcess(
  task: TemplateTask | ConversationsTask | ExaminationTask,
  { milliseconds, signal }: RenderBounds,
): Promise<RenderedTemplate | RenderedConversations | ExaminedTemplates> {
  signal?.throwIfAborted();
  const child = fork(processEntry(), [], {
    execArgv: [`--max-old-space-size=${memoryMegabytes}`],
    // In Electron the process's own binary runs as Node only with this; nothing else is handed on.
    env: { ELECTRON_RUN_AS_NODE: '1' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'json',
  });
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const tooLong = `It did not end within ${milliseconds / 1000} s: it probably loops for ever.`;
      timer = setTimeout(() => resolve({ problem: tooLong }), milliseconds);
      onAbort = () => reject(signal?.reason as Error);
      signal?.addEventListener('abort', onAbort);
      child.once('message', (result) =>
        resolve(result as RenderedTemplate | RenderedConversations | ExaminedTemplates),
      );
      child.once('error', (error) => resolve({ problem: `It was not rendered: ${error.message}` }));
      child.once('exit', () => resolve({ problem: 'It fills the memory or cannot be rendered.' }));
      child.send(task, (error) => {
        if (error !== null) resolve({ problem: `It was not rendered: ${error.message}` });
      });
    });
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
    child.kill('SIGKILL');
  }
}

/** Beside the host's bundle; from the sources (tests), the one that the build put into dist. */
function processEntry(): string {
  const here = import.meta.url;
  const path = here.endsWith('.ts')
    ? '../../../dist/factory/template-process.js'
    : './template-process.js';
  return fileURLToPath(new URL(path, here));
}
