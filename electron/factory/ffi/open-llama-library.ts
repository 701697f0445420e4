// Opens llama.cpp: the only place where its libraries are loaded for the factory host's main thread.
// A native assertion ends the process, so this belongs into a host process, never beside a window.
import koffi, { type LibraryHandle } from 'koffi';
import { StudioError } from '#src/errors/studio-error.ts';
import { ggmlTypeCount } from '#src/tensors/ggml-types.ts';
import { openAdapterCalls } from './adapter-calls.ts';
import { openContextCalls } from './context-calls.ts';
import { openDeviceCalls } from './device-calls.ts';
import { openEvaluationCalls } from './evaluation-calls.ts';
import { structSizesOf } from './known-releases.ts';
import type { LlamaLibrary, RowCodec } from './llama-library.types.ts';
import { locateLibrary, type LocatedLibrary } from './locate-library.ts';
import { LogBridge } from './log-bridge.ts';
import { openModelCalls } from './model-calls.ts';
import { openModelQuantizer } from './model-quantizer.ts';
import { openRowCodec } from './row-codec.ts';
import { checkLayouts, quantizeParams } from './struct-layouts.ts';
import { openVocabularyCalls } from './vocabulary-calls.ts';

/**
 * Loads libllama and libggml. Throws `native/unknown-release` for a release whose layouts are not known, and
 * `native/unavailable` when the libraries are missing or cannot be loaded. One per process: the log is global.
 */
export function openLlamaLibrary(location: LocatedLibrary = locateLibrary()): LlamaLibrary {
  checkLayouts(structSizesOf(location.release));
  const llama = loadLibrary(location.llamaPath);
  const ggml = loadLibrary(location.ggmlPath);
  const base = loadLibrary(location.ggmlBasePath);
  checkDefaults(llama, location);
  const log = new LogBridge(llama);
  (llama.func('llama_backend_init', 'void', []) as () => void)();
  return {
    location,
    log,
    devices: openDeviceCalls(location, llama, ggml, base),
    models: openModelCalls(llama, log),
    vocabulary: openVocabularyCalls(llama),
    contexts: openContextCalls(llama, log),
    adapters: openAdapterCalls(llama, log),
    evaluation: openEvaluationCalls(base),
    quantizer: openModelQuantizer(llama, log),
    rows: openRowCodec(base),
    dispose: () => log.dispose(),
  };
}

/** Opens the row conversions alone; for worker threads, which get `location` from the thread that found it. */
export function openRowLibrary(location: LocatedLibrary): RowCodec {
  checkLayouts(structSizesOf(location.release));
  return openRowCodec(loadLibrary(location.ggmlBasePath));
}

function loadLibrary(path: string): LibraryHandle {
  try {
    return koffi.load(path);
  } catch (error) {
    throw new StudioError(
      'native/unavailable',
      `${path} cannot be loaded: ${error instanceof Error ? error.message : 'unknown reason'}.`,
      { hint: 'The machine may lack a system library that it names.', cause: error },
    );
  }
}

/** A second look at the layout: the library's own defaults must be where the declaration expects them. */
function checkDefaults(llama: LibraryHandle, location: LocatedLibrary): void {
  const defaults = llama.func('llama_model_quantize_default_params', quantizeParams, [])() as {
    output_tensor_type: number;
    token_embedding_type: number;
    quantize_output_tensor: boolean;
    dry_run: boolean;
  };
  const fits =
    defaults.output_tensor_type === ggmlTypeCount &&
    defaults.token_embedding_type === ggmlTypeCount &&
    defaults.quantize_output_tensor &&
    !defaults.dry_run;
  if (fits) return;
  throw new StudioError(
    'native/unknown-release',
    `${location.llamaPath} calls itself release ${location.release} but has another memory layout.`,
    { hint: 'Install the version of node-llama-cpp that the lock file names (npm install).' },
  );
}
