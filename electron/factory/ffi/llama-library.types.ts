// The whole native surface of the factory host as types: what libllama and libggml can do for us, and nothing else.
// Handles are addresses inside this process: they never cross to another process, and each says who ends its life.
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import type { LocatedLibrary } from './locate-library.ts';

declare const handleName: unique symbol;
type Handle<Name extends string> = bigint & { readonly [handleName]: Name };

/** A loaded model; ended by `models.free`, which also ends its adapters. */
export type ModelHandle = Handle<'llama_model'>;
/** Part of a model; never freed by itself. */
export type VocabularyHandle = Handle<'llama_vocab'>;
/** A context over a model; ended by `contexts.free`, before its model. */
export type ContextHandle = Handle<'llama_context'>;
/** A LoRA adapter of a model; ended with its model. */
export type AdapterHandle = Handle<'llama_adapter_lora'>;
export type Token = number;

export type NativeLogLevel = 'debug' | 'info' | 'warning' | 'error';
export interface NativeLogLine {
  readonly level: NativeLogLevel;
  readonly text: string;
}

/** The library's log. One per process: llama.cpp has a single global log callback. */
export interface NativeLog {
  /** Called for every complete line; must not throw and must be quick. Undefined stops it. */
  onLine: ((line: NativeLogLine) => void) | undefined;
  /** The last error lines (and the warnings between them), oldest first. */
  lastErrors(): readonly string[];
  /** Runs `work` and gives the lines that were logged meanwhile; for synchronous native calls. */
  capture<Result>(work: () => Result): { result: Result; lines: readonly NativeLogLine[] };
  /** The same for a call that runs on another thread; two at once would mix their lines. */
  captureAsync<Result>(
    work: () => Promise<Result>,
  ): Promise<{ result: Result; lines: readonly NativeLogLine[] }>;
}

export interface ModelOptions {
  /** Only metadata and vocabulary; no weights. */
  readonly vocabularyOnly?: boolean;
  /** Layers kept on GPUs; 0 (the default) computes on the CPU alone. */
  readonly gpuLayers?: number;
  /** Check every tensor's values while loading. */
  readonly checkTensors?: boolean;
}

export interface ModelCalls {
  /** Loads a GGUF (first shard of a split one). Throws `native/failed` with llama.cpp's reason. */
  load(path: string, options?: ModelOptions): Promise<ModelHandle>;
  free(model: ModelHandle): void;
  vocabulary(model: ModelHandle): VocabularyHandle;
  describe(model: ModelHandle): ModelDescription;
}

export interface ModelDescription {
  /** llama.cpp's own words, for example `llama 8B Q4_K - Medium`. */
  readonly description: string;
  readonly parameterCount: number;
  readonly byteLength: number;
  readonly trainedContext: number;
  readonly embeddingLength: number;
  readonly layerCount: number;
  readonly hasEncoder: boolean;
  readonly hasDecoder: boolean;
  /** The model's own chat template, when it has one. */
  readonly chatTemplate: string | undefined;
}

export interface TokenizeOptions {
  /** Add BOS, EOS and the like where the model is configured so. */
  readonly addSpecial: boolean;
  /** Read control tokens that are spelled out in the text. */
  readonly parseSpecial: boolean;
}

export interface VocabularyCalls {
  tokenize(vocabulary: VocabularyHandle, text: string, options: TokenizeOptions): Int32Array;
  detokenize(
    vocabulary: VocabularyHandle,
    tokens: Int32Array,
    options: { readonly removeSpecial: boolean; readonly unparseSpecial: boolean },
  ): string;
  /** The bytes of one token; several tokens may share one UTF-8 character. */
  tokenBytes(vocabulary: VocabularyHandle, token: Token, special: boolean): Uint8Array;
  size(vocabulary: VocabularyHandle): number;
  isEndOfGeneration(vocabulary: VocabularyHandle, token: Token): boolean;
  isControl(vocabulary: VocabularyHandle, token: Token): boolean;
  /** -1 stands for "none". */
  specialTokens(vocabulary: VocabularyHandle): { bos: Token; eos: Token; eot: Token };
  addsBos(vocabulary: VocabularyHandle): boolean;
  addsEos(vocabulary: VocabularyHandle): boolean;
}

export interface ContextOptions {
  readonly contextSize: number;
  /** Tokens per decode call, and the limit for one batch; the context size when absent. */
  readonly batchSize?: number;
  /** Tokens that are computed at once (llama.cpp's `-ub`); the batch size when absent. */
  readonly microBatchSize?: number;
  /** Never above the machine's cores: more of them spin against each other (22 s instead of 0.06 s were seen). */
  readonly threads: number;
  /** Independent sequences; 1 when absent. */
  readonly sequences?: number;
  /** Give embeddings (pooled as the model says) instead of, or besides, logits. */
  readonly embeddings?: boolean;
  readonly flashAttention?: 'auto' | 'on' | 'off';
  readonly cacheTypeK?: GgmlType;
  readonly cacheTypeV?: GgmlType;
  /** Address of a registered `ggml_backend_sched_eval_callback`. */
  readonly evaluationCallback?: bigint;
}

export interface DecodeRequest {
  readonly tokens: Int32Array;
  /** Position of the first token; the others follow. */
  readonly firstPosition: number;
  /**
   * Which tokens get logits (and token embeddings): all of them, the last one, or those from an index on (none beyond the end).
   * Of several sequences the index counts in each.
   */
  readonly outputs: 'all' | 'last' | { readonly from: number };
  readonly sequence?: number;
  /** `tokens` are this many sequences of equal length, numbered from 0, each from `firstPosition` on; 1 when absent. */
  readonly sequences?: number;
}

export interface ContextCalls {
  create(model: ModelHandle, options: ContextOptions): ContextHandle;
  free(context: ContextHandle): void;
  /** The size that llama.cpp really gave (it rounds up). */
  contextSize(context: ContextHandle): number;
  setThreads(context: ContextHandle, threads: number): void;
  /** Computes one batch. Throws `native/failed` when llama.cpp refuses it. */
  decode(context: ContextHandle, request: DecodeRequest): Promise<void>;
  /** A copy of the logits of token `index` of the last batch (negative: from the end). */
  logits(context: ContextHandle, index: number, vocabularySize: number): Float32Array;
  /**
   * Where the logits of token `index` lie in native memory, those of the next outputs right behind it: F32 rows of the
   * vocabulary's size. They stay until the next decode.
   */
  logitsAddress(context: ContextHandle, index: number): bigint;
  /** A copy of a pooled sequence's embedding; undefined for models that do not pool. */
  sequenceEmbedding(
    context: ContextHandle,
    sequence: number,
    length: number,
  ): Float32Array | undefined;
  /** A copy of the embedding of token `index` of the last batch. */
  tokenEmbedding(context: ContextHandle, index: number, length: number): Float32Array | undefined;
  /** Forgets everything that was decoded. */
  clear(context: ContextHandle): void;
  /** Forgets a sequence's positions from `fromPosition` on; false when the memory cannot do that. */
  forget(context: ContextHandle, sequence: number, fromPosition: number): boolean;
}

/** A tensor of the graph that is being computed; its address is valid only while its observer is asked. */
export interface GraphTensor {
  readonly address: bigint;
  readonly name: string;
  /** `ggml_type`; 0 is F32, 26 is I32. */
  readonly typeId: number;
  /** Four sizes, the innermost first. */
  readonly shape: readonly [number, number, number, number];
  /** Bytes from one element of each dimension to the next. */
  readonly strides: readonly [number, number, number, number];
  /** Bytes from the first element to the end of the last (ggml_nbytes of types that are not quantized). */
  readonly byteLength: number;
}

/** A node of the graph that multiplies a weight with activations: MUL_MAT, or MUL_MAT_ID of experts. */
export interface GraphProduct {
  readonly weight: GraphTensor;
  readonly input: GraphTensor;
  /** Which experts each token goes to (experts used, tokens), I32; only of MUL_MAT_ID. */
  readonly experts: GraphTensor | undefined;
}

/** Looks at products while llama.cpp computes; called on this thread while the computing one waits. */
export interface ProductObserver {
  /** Whether `see` shall be called once this product is computed. Its tensors hold no values yet. */
  wants(product: GraphProduct): boolean;
  /** Takes what it needs; false stops the computation. */
  see(product: GraphProduct): boolean;
}

export interface Observation {
  /** For ContextOptions.evaluationCallback. */
  readonly address: bigint;
  /** What the observer threw (koffi swallows exceptions of callbacks); computing was stopped then. */
  failure(): Error | undefined;
  /** Ends the registration; the contexts that were given the address must be freed before. */
  dispose(): void;
}

export interface EvaluationCalls {
  observe(observer: ProductObserver): Observation;
  /** Copies a tensor's bytes, wherever it lies, into `target` (ggml_backend_tensor_get). */
  copy(tensor: GraphTensor, target: Uint8Array, offset: number): void;
}

export interface AdapterCalls {
  /** Loads a GGUF LoRA for this model. Throws `adapter/wrong-base` with llama.cpp's reason. */
  load(model: ModelHandle, path: string): AdapterHandle;
  /** Replaces the context's adapters; an empty list removes them. Clear the memory afterwards. */
  apply(
    context: ContextHandle,
    adapters: readonly { readonly adapter: AdapterHandle; readonly scale: number }[],
  ): void;
  /** Loads adapters and makes them the context's, in this order; does nothing without any. */
  applyFiles(
    model: ModelHandle,
    context: ContextHandle,
    files: readonly { readonly path: string; readonly scale: number }[],
  ): void;
}

/** What `llama_model_quantize` is given; see llama.h, llama_model_quantize_params. */
export interface QuantizeRequest {
  readonly input: string;
  readonly output: string;
  /** `llama_ftype`. */
  readonly fileType: number;
  readonly threads: number;
  readonly outputTensorType?: GgmlType;
  readonly tokenEmbeddingType?: GgmlType;
  readonly allowRequantize: boolean;
  readonly quantizeOutputTensor: boolean;
  readonly onlyCopy: boolean;
  readonly pure: boolean;
  readonly dryRun: boolean;
  /** Per tensor: one weight per column, matrix after matrix. */
  readonly importance?: ReadonlyMap<string, Float32Array>;
  readonly metadata?: readonly QuantizeMetadata[];
  /** ECMAScript regular expressions (std::regex_search), first match wins. */
  readonly tensorTypes?: readonly (readonly [pattern: string, type: GgmlType])[];
  readonly pruneLayers?: readonly number[];
}

/** A metadata entry that llama_model_quantize appends; integers become uint32 there, strings at most 127 bytes. */
export type QuantizeMetadata =
  | { readonly key: string; readonly type: 'integer'; readonly value: number }
  | { readonly key: string; readonly type: 'float'; readonly value: number }
  | { readonly key: string; readonly type: 'bool'; readonly value: boolean }
  | { readonly key: string; readonly type: 'string'; readonly value: string };

export interface ModelQuantizer {
  /** Runs in this thread (a dry run takes milliseconds). False when llama.cpp refused; the reason is in the lines. */
  quantize(request: QuantizeRequest): { ok: boolean; lines: readonly NativeLogLine[] };
}

/** Rows of weights between encodings. Safe to use from several threads, each with its own instance. */
export interface RowCodec {
  /**
   * Encodes `rowCount` rows of `columns` F32 values into `target`, exactly as libggml does. `importance` has one weight per
   * column. The caller makes sure that types which cannot do without have one: libggml aborts the process otherwise.
   */
  encode(
    type: GgmlType,
    source: Float32Array,
    target: Uint8Array,
    rowCount: number,
    columns: number,
    importance: Float32Array | null,
  ): void;
  /** Decodes `count` weights to F32. */
  decode(type: GgmlType, source: Uint8Array, target: Float32Array, count: number): void;
  /** Copies F32 values from native memory; whoever owns it keeps it while this runs. */
  read(address: bigint, target: Float32Array): void;
  /** False when the bytes hold a NaN or an infinity (in the scales, for quantized types). */
  isFinite(type: GgmlType, bytes: Uint8Array | Float32Array): boolean;
  /** Builds the type's lookup tables ahead of the first use; needed by no one, but makes timings even. */
  prepare(type: GgmlType): void;
  /** Frees those tables for the whole process; no encoding may be under way. */
  releaseTables(): void;
}

export interface DeviceInfo {
  readonly name: string;
  readonly description: string;
  readonly kind: 'cpu' | 'gpu' | 'integrated-gpu' | 'accelerator' | 'other';
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface DeviceCalls {
  /** Loads the CPU back end that fits this processor, once. Needed before models with weights are loaded. */
  loadBackends(): void;
  /** Loads the back ends of the GPU packages too, where they are installed; gives the paths that loaded. */
  loadGpuBackends(): readonly string[];
  list(): readonly DeviceInfo[];
  /** llama.cpp's line about the processor's features. */
  systemInfo(): string;
}

export interface LlamaLibrary {
  readonly location: LocatedLibrary;
  readonly log: NativeLog;
  readonly devices: DeviceCalls;
  readonly models: ModelCalls;
  readonly vocabulary: VocabularyCalls;
  readonly contexts: ContextCalls;
  readonly adapters: AdapterCalls;
  readonly evaluation: EvaluationCalls;
  readonly quantizer: ModelQuantizer;
  readonly rows: RowCodec;
  /** Ends the log bridge. Models and contexts must be freed before. */
  dispose(): void;
}
