// What one model family declares: how its configuration becomes GGUF metadata and how its tensors are named and laid
// out. Everything is data, so that the same declaration serves converting a checkpoint and mapping a LoRA adapter.
import type { GgufEntry } from '#src/formats/gguf/types.ts';

/** `config.json`, parsed but not yet trusted. */
export type HuggingFaceConfig = Readonly<Record<string, unknown>>;

/** A change of layout or value between the checkpoint's tensor and the GGUF's, applied in order. */
export type TensorTransform =
  /** (rows, columns) -> (columns, rows): GPT-2's Conv1D stores (in, out). A LoRA's B·A is already (out, in): skip it there. */
  | { readonly op: 'transpose' }
  /**
   * Reorders the rows of a q or k projection from Hugging Face's half-split to llama.cpp's interleaved rotary layout:
   * within each of `headCount` heads, row (half h, pair p) goes to 2p + h (conversion/llama.py, `permute`).
   * On a LoRA it acts on B's rows.
   */
  | { readonly op: 'permute-rotary-rows'; readonly headCount: number }
  /** Adds a constant to every value (Gemma's RMS norms store weight − 1). Never applies to a LoRA. */
  | { readonly op: 'add-scalar'; readonly value: number };

export interface TensorTarget {
  /** GGUF name. */
  readonly name: string;
  readonly transforms: readonly TensorTransform[];
}

export type TensorMapping =
  | ({ readonly kind: 'tensor' } & TensorTarget)
  /** Present in checkpoints but not part of the model (rotary tables, attention masks). */
  | { readonly kind: 'skip' }
  /** No tensor of this family has this name. */
  | { readonly kind: 'unknown' };

/** A family, configured by one `config.json`. */
export interface ConfiguredArchitecture {
  /** `general.architecture` (`llama`, `gpt2`, ...). */
  readonly ggufName: string;
  readonly blockCount: number;
  /** Maps a checkpoint tensor name (`model.layers.0.self_attn.q_proj.weight`). */
  mapTensor(checkpointName: string): TensorMapping;
}

/** The `<arch>.*` metadata of a model, in the reference converter's order. */
export type ArchitectureMetadata = readonly GgufEntry[];
