// A LoRA adapter as stages see it, whatever file it came from: low-rank pairs in one orientation and one kind of scale,
// and full tensors that replace the base's. Factors are read when asked for: adapters of large models have gigabytes.
import type { CheckpointTensor, WeightDtype } from '#src/formats/checkpoint-tensor.ts';

export interface LoraFactors {
  /** A, row-major (rank, columns). */
  readonly a: Float32Array;
  /** B, row-major (rows, rank). */
  readonly b: Float32Array;
}

/** The low-rank change of one weight matrix: ΔW (rows, columns) = alpha / rank · B·A, with W as (outputs, inputs). */
export interface LoraModule {
  /**
   * The weight it changes: a checkpoint's name (`model.layers.0.self_attn.q_proj.weight`) or a GGUF's
   * (`blk.0.attn_q.weight`), as the adapter's `naming` says.
   */
  readonly weightName: string;
  /** Embeddings are looked up, not multiplied: rows are tokens, and llama.cpp stores their factors flipped. */
  readonly kind: 'linear' | 'embedding';
  readonly rank: number;
  /** Outputs of a linear layer; tokens of an embedding. */
  readonly rows: number;
  /** Inputs of a linear layer; the embedding length. */
  readonly columns: number;
  /** The scale is alpha / rank. For rsLoRA this is lora_alpha · √rank; F64. */
  readonly alpha: number;
  /** How A and B are stored; converting from it to F32 is exact. */
  readonly storedTypes: readonly [WeightDtype, WeightDtype];
  /** Both factors as F32. Throws `adapter/invalid` for values that are not finite. */
  readFactors(signal?: AbortSignal): Promise<LoraFactors>;
  /** DoRA: the trained norm of every row of W + ΔW. */
  readonly readMagnitude?: (signal?: AbortSignal) => Promise<Float32Array>;
}

export interface LoraAdapter {
  /** Short name: the folder's or file's. */
  readonly name: string;
  /** Where it comes from, for messages. */
  readonly label: string;
  readonly naming: 'checkpoint' | 'gguf';
  /** `general.architecture` of a GGUF adapter. */
  readonly architecture: string | undefined;
  /** What the adapter says it was trained on; for messages only. */
  readonly baseModel: string | undefined;
  /** The alpha that modules without a pattern of their own have. */
  readonly alpha: number;
  /** aLoRA: acts only from these tokens on, so it cannot be merged. */
  readonly invocationTokens: readonly number[] | undefined;
  /** `ensure_weight_tying`: saved embeddings stand for a tied output too. */
  readonly keepsTying: boolean;
  /** In the file's order. */
  readonly modules: readonly LoraModule[];
  /** Whole tensors in the checkpoint's layout that replace the base's: `modules_to_save`, trained biases and norms. */
  readonly savedTensors: readonly CheckpointTensor<WeightDtype>[];
  /** Things about this adapter that the user should know. */
  readonly notices: readonly string[];
  close(): Promise<void>;
}
