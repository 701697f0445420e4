// Computing: llama_context over a model, batches in, logits and embeddings out.
import koffi, { type KoffiFunc, type LibraryHandle } from 'koffi';
import { availableParallelism } from 'node:os';
import { invariant } from '#src/errors/assert.ts';
import { ggmlTypes } from '#src/tensors/ggml-types.ts';
import { callAsync } from './call-async.ts';
import type {
  ContextCalls,
  ContextHandle,
  ContextOptions,
  DecodeRequest,
  ModelHandle,
  NativeLog,
} from './llama-library.types.ts';
import { nativeFailure } from './native-failure.ts';
import { batch, contextParams } from './struct-layouts.ts';

interface Batch {
  n_tokens: number;
  token: bigint;
  pos: bigint;
  n_seq_id: bigint;
  seq_id: bigint;
  logits: bigint;
}
/** llama_batch_init allocates 4 bytes per token of `token`, `pos` and so on; it lives as long as its context. */
interface OpenContext {
  readonly batch: Batch;
  readonly capacity: number;
}

const flashAttention = { auto: -1, off: 0, on: 1 } as const;

/** Threads beyond the cores spin against each other, so no context gets more of them. */
export function usableThreads(threads: number): number {
  return Math.max(1, Math.min(Math.floor(threads), availableParallelism()));
}

export function openContextCalls(llama: LibraryHandle, log: NativeLog): ContextCalls {
  const defaults = llama.func('llama_context_default_params', contextParams, []) as () => object;
  const initFromModel = llama.func('llama_init_from_model', 'void *', [
    'void *',
    contextParams,
  ]) as (model: ModelHandle, params: object) => ContextHandle | null;
  const freeContext = llama.func('llama_free', 'void', ['void *']) as (c: ContextHandle) => void;
  const contextSize = llama.func('llama_n_ctx', 'uint32', ['void *']) as (
    context: ContextHandle,
  ) => number;
  const setThreads = llama.func('llama_set_n_threads', 'void', ['void *', 'int32', 'int32']) as (
    context: ContextHandle,
    threads: number,
    batchThreads: number,
  ) => void;
  const batchInit = llama.func('llama_batch_init', batch, ['int32', 'int32', 'int32']) as (
    capacity: number,
    embeddingLength: number,
    sequences: number,
  ) => Batch;
  const batchFree = llama.func('llama_batch_free', 'void', [batch]) as (value: Batch) => void;
  const decode = llama.func('llama_decode', 'int32', ['void *', batch]) as KoffiFunc<
    (context: ContextHandle, value: Batch) => number
  >;
  const ofIndex = (name: string) =>
    llama.func(name, 'void *', ['void *', 'int32']) as (
      context: ContextHandle,
      index: number,
    ) => bigint | null;
  const logits = ofIndex('llama_get_logits_ith');
  const tokenEmbedding = ofIndex('llama_get_embeddings_ith');
  const sequenceEmbedding = ofIndex('llama_get_embeddings_seq');
  const getMemory = llama.func('llama_get_memory', 'void *', ['void *']) as (
    context: ContextHandle,
  ) => bigint | null;
  const clearMemory = llama.func('llama_memory_clear', 'void', ['void *', 'bool']) as (
    memory: bigint,
    data: boolean,
  ) => void;
  const removeSequence = llama.func('llama_memory_seq_rm', 'bool', [
    'void *', 'int32', 'int32', 'int32',
  ]) as (memory: bigint, sequence: number, from: number, to: number) => boolean; // prettier-ignore

  const open = new Map<ContextHandle, OpenContext>();
  const copyFloats = (address: bigint, length: number) =>
    // A copy: views of native memory abort the process in Electron.
    koffi.decode(address, 'float', length) as Float32Array;

  function create(model: ModelHandle, options: ContextOptions): ContextHandle {
    const batchSize = options.batchSize ?? options.contextSize;
    const threads = usableThreads(options.threads);
    const params = {
      ...defaults(),
      n_ctx: options.contextSize,
      n_batch: batchSize,
      n_ubatch: options.microBatchSize ?? batchSize,
      n_seq_max: options.sequences ?? 1,
      n_threads: threads,
      n_threads_batch: threads,
      embeddings: options.embeddings ?? false,
      flash_attn_type: flashAttention[options.flashAttention ?? 'auto'],
      ...(options.cacheTypeK === undefined ? {} : { type_k: ggmlTypes[options.cacheTypeK].id }),
      ...(options.cacheTypeV === undefined ? {} : { type_v: ggmlTypes[options.cacheTypeV].id }),
      ...(options.evaluationCallback === undefined ? {} : { cb_eval: options.evaluationCallback }),
    };
    const { result, lines } = log.capture(() => initFromModel(model, params));
    if (result === null) {
      throw nativeFailure(
        'native/failed',
        `llama.cpp cannot make a context of ${options.contextSize} tokens`,
        lines,
        'Use a smaller context, or free some memory.',
      );
    }
    open.set(result, { batch: batchInit(batchSize, 0, 1), capacity: batchSize });
    return result;
  }

  function openBatch(context: ContextHandle): OpenContext {
    const found = open.get(context);
    invariant(found !== undefined, 'the context is open');
    return found;
  }

  return {
    create,
    free(context) {
      batchFree(openBatch(context).batch);
      open.delete(context);
      freeContext(context);
    },
    contextSize,
    setThreads: (context, threads) =>
      setThreads(context, usableThreads(threads), usableThreads(threads)),
    async decode(context, request) {
      const { batch: target, capacity } = openBatch(context);
      invariant(request.tokens.length <= capacity, `a batch holds at most ${capacity} tokens`);
      fillBatch(target, request);
      const { result, lines } = await log.captureAsync(() => callAsync(decode, context, target));
      if (result === 0) return;
      throw nativeFailure(
        'native/failed',
        `llama.cpp could not compute ${request.tokens.length} tokens (code ${result})`,
        lines,
        result === 1 ? 'The context is full: use fewer tokens or a larger context.' : undefined,
      );
    },
    logits(context, index, vocabularySize) {
      const address = logits(context, index);
      invariant(address !== null, `token ${index} of the batch has logits`);
      return copyFloats(address, vocabularySize);
    },
    logitsAddress(context, index) {
      const address = logits(context, index);
      invariant(address !== null, `token ${index} of the batch has logits`);
      return address;
    },
    sequenceEmbedding(context, sequence, length) {
      const address = sequenceEmbedding(context, sequence);
      return address === null ? undefined : copyFloats(address, length);
    },
    tokenEmbedding(context, index, length) {
      const address = tokenEmbedding(context, index);
      return address === null ? undefined : copyFloats(address, length);
    },
    clear(context) {
      const memory = getMemory(context);
      if (memory !== null) clearMemory(memory, true);
    },
    forget(context, sequence, fromPosition) {
      const memory = getMemory(context);
      return memory === null || removeSequence(memory, sequence, fromPosition, -1);
    },
  };
}

function firstOutput(outputs: DecodeRequest['outputs'], count: number): number {
  if (outputs === 'all') return 0;
  return outputs === 'last' ? Math.max(0, count - 1) : Math.min(Math.max(0, outputs.from), count);
}

/** Writes a request into the batch's native arrays. */
function fillBatch(target: Batch, request: DecodeRequest): void {
  const count = request.tokens.length;
  const { firstPosition, sequence: firstSequence = 0, sequences: sequenceCount = 1 } = request;
  const length = count / sequenceCount;
  invariant(Number.isInteger(length), 'the sequences of a batch have equal lengths');
  const positions = Int32Array.from({ length: count }, (_, i) => firstPosition + (i % length));
  const outputs = new Int8Array(count);
  const first = firstOutput(request.outputs, length);
  for (let start = 0; start < count; start += length)
    outputs.fill(1, start + first, start + length);
  target.n_tokens = count;
  koffi.encode(target.token, 'int32', request.tokens, count);
  koffi.encode(target.pos, 'int32', positions, count);
  koffi.encode(target.n_seq_id, 'int32', new Int32Array(count).fill(1), count);
  koffi.encode(target.logits, 'int8', outputs, count);
  const sequences = koffi.decode(target.seq_id, koffi.array('void *', count)) as bigint[];
  sequences.forEach((address, index) =>
    koffi.encode(address, 'int32', firstSequence + Math.floor(index / length)),
  );
}
