// What one model family declares: how its configuration becomes GGUF metadata and how its tensors are named and laid
// out. Everything is data, so that the same declaration serves converting a checkpoint, mapping a LoRA adapter and
// computing sizes before any weight is there.
import type { HuggingFaceConfig } from './hugging-face-config.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { VocabularySource } from './vocabulary/vocabulary-source.ts';

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

/** A tensor that the configuration announces. */
export interface ExpectedTensor {
  /** GGUF name. */
  readonly name: string;
  /** Its usual name in checkpoints. */
  readonly checkpointName: string;
  /** In ggml order (row length first), after the transforms. */
  readonly shape: readonly number[];
  /** Optional tensors are converted when a checkpoint has them and not missed when it does not. */
  readonly presence: 'required' | 'optional';
  /** Rows beyond the vocabulary are cut off (Gemma 3's embedding is padded). */
  readonly rowLimit?: 'vocabulary';
}

/** A tensor that is computed from the configuration (rotary factors); always F32 and one-dimensional. */
export interface GeneratedTensor {
  readonly name: string;
  readonly values: Float32Array;
}

/** What a family's metadata needs besides the configuration. */
export interface ConversionFacts {
  /** `llama_ftype` of the output. */
  readonly fileType: number;
  /** From modules.json and its pooling module; undefined when the folder has none. */
  readonly poolingType?: PoolingType | undefined;
}

export type PoolingType = 'mean' | 'cls' | 'last';

/** A family, configured by one `config.json`. */
export interface ConfiguredArchitecture {
  /** `general.architecture` (`llama`, `gpt2`, ...). */
  readonly ggufName: string;
  readonly blockCount: number;
  /** Rows of the token embedding as the configuration says. */
  readonly vocabularySize: number;
  /** Maps a checkpoint tensor name (`model.layers.0.self_attn.q_proj.weight`). */
  mapTensor(checkpointName: string): TensorMapping;
  /** All tensors of a checkpoint of this configuration, in the order in which a single safetensors file holds them. */
  readonly expectedTensors: readonly ExpectedTensor[];
  /** Written before all others. */
  readonly generatedTensors: readonly GeneratedTensor[];
  /** Metadata that the reference writes while it generates tensors, that is right after `general.architecture`. */
  readonly generatedMetadata: readonly GgufEntry[];
  /** The `<arch>.*` metadata and `general.file_type`, in the reference converter's order. */
  metadata(facts: ConversionFacts): ArchitectureMetadata;
  /** The configuration with the family's defaults filled in, as the reference converter sees it. */
  readonly hyperparameters: HuggingFaceConfig;
  /** `tokenizer.*`: the family's `set_vocab` of the reference. Its source holds `hyperparameters` as its config. */
  readonly vocabulary: (
    source: VocabularySource,
  ) => readonly GgufEntry[] | Promise<readonly GgufEntry[]>;
  /** The folder has to say how token vectors become one vector (embedding models). */
  readonly readsPooling: boolean;
}

/** The `<arch>.*` metadata of a model, in the reference converter's order. */
export type ArchitectureMetadata = readonly GgufEntry[];

/** One family: one file in this folder, one line in registry.ts. */
export interface ArchitectureFamily {
  /** How users call it. */
  readonly name: string;
  /** Values of `architectures[0]` in config.json that this family reads. */
  readonly huggingFaceNames: readonly string[];
  /** Throws `huggingface/invalid` or `architecture/unsupported` for configurations that it cannot read. */
  configure(config: HuggingFaceConfig): ConfiguredArchitecture;
}
