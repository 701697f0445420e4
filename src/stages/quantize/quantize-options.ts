// What may be asked of quantizing: a level, and llama-quantize's options.
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import type { Level } from '#src/tensors/levels.ts';
import type { Importance } from './importance.ts';

/** A level of llama-quantize; its COPY (tensors unchanged, metadata rewritten); or nothing changed at all. */
export type OutputLevel = Level | 'COPY' | 'as-is';

/** llama-quantize's options of the same names. */
export interface QuantizeOptions {
  readonly importance?: Importance | undefined;
  /** Patterns are ECMAScript regular expressions, searched in the name; the first match wins. */
  readonly tensorTypes?: readonly (readonly [pattern: string, type: GgmlType])[] | undefined;
  readonly outputTensorType?: GgmlType | undefined;
  readonly tokenEmbeddingType?: GgmlType | undefined;
  readonly pure?: boolean | undefined;
  readonly leaveOutputTensor?: boolean | undefined;
  readonly pruneLayers?: readonly number[] | undefined;
  readonly allowRequantize?: boolean | undefined;
  /** `--override-kv`: entries that replace the model's, appended in this order. */
  readonly overrides?: readonly GgufEntry[] | undefined;
}

export interface QuantizationRequest {
  readonly level: OutputLevel;
  readonly options?: QuantizeOptions;
}
