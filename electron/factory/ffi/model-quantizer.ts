// llama_model_quantize: asked for plans (dry runs) by the quantize stage and for whole files by the golden tests.
import type { LibraryHandle } from 'koffi';
import { ggmlTypes } from '#src/tensors/ggml-types.ts';
import { usableThreads } from './context-calls.ts';
import type {
  ModelQuantizer,
  NativeLog,
  QuantizeMetadata,
  QuantizeRequest,
} from './llama-library.types.ts';
import koffi from 'koffi';
import { quantizeParams } from './struct-layouts.ts';

/** llama_model_kv_override_type. */
const overrideTags = { integer: 0, float: 1, bool: 2, string: 3 } as const;
/** sizeof(key) and sizeof(val_str), with their terminating zero. */
const textLength = 128;

interface NativeOverride {
  tag: number;
  key: Uint8Array;
  reserved: number;
  value: Uint8Array;
}

/** A C string of at most 127 bytes, cut as strncpy does. */
function fixedText(text: string): Uint8Array {
  const target = new Uint8Array(textLength);
  target.set(Buffer.from(text, 'utf8').subarray(0, textLength - 1));
  return target;
}

function nativeOverride(entry: QuantizeMetadata): NativeOverride {
  const value = new Uint8Array(textLength);
  const view = new DataView(value.buffer);
  switch (entry.type) {
    case 'integer':
      view.setBigInt64(0, BigInt(entry.value), true);
      break;
    case 'float':
      view.setFloat64(0, entry.value, true);
      break;
    case 'bool':
      view.setUint8(0, entry.value ? 1 : 0);
      break;
    case 'string':
      value.set(fixedText(entry.value));
      break;
  }
  return { tag: overrideTags[entry.type], key: fixedText(entry.key), reserved: 0, value };
}

/** The request as llama_model_quantize_params; every list ends with the terminator that llama.cpp looks for. */
function nativeParams(defaults: object, request: QuantizeRequest): object {
  const importance = [...(request.importance ?? [])].map(([name, data]) => ({
    name,
    data,
    size: data.length,
  }));
  const overrides = (request.metadata ?? []).map(nativeOverride);
  const tensorTypes = (request.tensorTypes ?? []).map(([pattern, type]) => ({
    pattern,
    type: ggmlTypes[type].id,
  }));
  const prune = request.pruneLayers ?? [];
  const typeId = (type: QuantizeRequest['outputTensorType']) =>
    type === undefined ? undefined : ggmlTypes[type].id;
  const outputType = typeId(request.outputTensorType);
  const embeddingType = typeId(request.tokenEmbeddingType);
  return {
    ...defaults,
    nthread: usableThreads(request.threads),
    ftype: request.fileType,
    allow_requantize: request.allowRequantize,
    quantize_output_tensor: request.quantizeOutputTensor,
    only_copy: request.onlyCopy,
    pure: request.pure,
    dry_run: request.dryRun,
    ...(outputType === undefined ? {} : { output_tensor_type: outputType }),
    ...(embeddingType === undefined ? {} : { token_embedding_type: embeddingType }),
    imatrix: importance.length === 0 ? null : [...importance, { name: null, data: null, size: 0 }],
    kv_overrides:
      overrides.length === 0
        ? null
        : [...overrides, { tag: 0, key: new Uint8Array(textLength), reserved: 0, value: new Uint8Array(textLength) }], // prettier-ignore
    tt_overrides: tensorTypes.length === 0 ? null : [...tensorTypes, { pattern: null, type: 0 }],
    prune_layers: prune.length === 0 ? null : [...prune, -1],
  };
}

export function openModelQuantizer(llama: LibraryHandle, log: NativeLog): ModelQuantizer {
  const defaults = llama.func(
    'llama_model_quantize_default_params',
    quantizeParams,
    [],
  ) as () => object;
  const quantize = llama.func('llama_model_quantize', 'uint32', [
    'const char *',
    'const char *',
    koffi.pointer(quantizeParams),
  ]) as (input: string, output: string, params: object) => number;
  return {
    quantize(request) {
      const params = nativeParams(defaults(), request);
      const { result, lines } = log.capture(() => quantize(request.input, request.output, params));
      return { ok: result === 0, lines };
    },
  };
}
