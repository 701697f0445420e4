// LoRA adapters at run time: loaded once per model, applied per context with their scales.
import type { LibraryHandle } from 'koffi';
import { invariant } from '#src/errors/assert.ts';
import type {
  AdapterCalls,
  AdapterHandle,
  ContextHandle,
  ModelHandle,
  NativeLog,
} from './llama-library.types.ts';
import { nativeFailure } from './native-failure.ts';

export function openAdapterCalls(llama: LibraryHandle, log: NativeLog): AdapterCalls {
  const init = llama.func('llama_adapter_lora_init', 'void *', ['void *', 'const char *']) as (
    model: ModelHandle,
    path: string,
  ) => AdapterHandle | null;
  const setAdapters = llama.func('llama_set_adapters_lora', 'int32', [
    'void *', 'void *', 'size_t', 'void *',
  ]) as (context: ContextHandle, adapters: BigUint64Array, count: number, scales: Float32Array) => number; // prettier-ignore

  const calls: AdapterCalls = {
    load(model, path) {
      const { result, lines } = log.capture(() => init(model, path));
      if (result !== null) return result;
      throw nativeFailure(
        'adapter/wrong-base',
        `llama.cpp refuses the adapter ${path}`,
        lines,
        'Use the adapter with the base that it was trained on.',
      );
    },
    apply(context, adapters) {
      const addresses = BigUint64Array.from(adapters, ({ adapter }) => adapter);
      const scales = Float32Array.from(adapters, ({ scale }) => scale);
      const code = setAdapters(context, addresses, adapters.length, scales);
      invariant(code === 0, `llama_set_adapters_lora answered ${code}`);
    },
    applyFiles(model, context, files) {
      if (files.length === 0) return;
      const loaded = files.map(({ path, scale }) => ({ adapter: calls.load(model, path), scale }));
      calls.apply(context, loaded);
    },
  };
  return calls;
}
