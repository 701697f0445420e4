// The one llama.cpp library of the factory host: its log callback and back ends are global to the process, so every job
// shares it. Opened at the first use; jobs that only read files never pay for it.
import type { EventSink } from '#src/contract/stage-events.ts';
import type { LlamaLibrary } from './ffi/llama-library.types.ts';
import { openLlamaLibrary } from './ffi/open-llama-library.ts';

let opened: LlamaLibrary | undefined;

/** The library, opened. Throws `native/unavailable` or `native/unknown-release`. */
export function nativeLibrary(): LlamaLibrary {
  opened ??= openLlamaLibrary();
  return opened;
}

/**
 * Sends the library's log to `emit` while a job runs; the returned function ends that. Jobs of one host run one after
 * another where they use the library, so the lines are theirs.
 */
export function forwardNativeLog(library: LlamaLibrary, emit: EventSink): () => void {
  const sink = ({ level, text }: { level: 'debug' | 'info' | 'warning' | 'error'; text: string }) =>
    emit({ event: 'log', level, text });
  library.log.onLine = sink;
  return () => {
    if (library.log.onLine === sink) library.log.onLine = undefined;
  };
}
