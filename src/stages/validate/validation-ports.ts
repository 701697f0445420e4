// What validating needs from outside: llama.cpp, a hash, and adapters as files. The factory host gives the real ones.
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import type { PlacedMember } from '#src/formats/bundle/bundle-entries.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';

/** A SHA-256 over pieces. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** Lower-case hexadecimal. */
  digest(): string;
}

/** A model that llama.cpp has loaded, with one context. */
export interface LoadedModel {
  /** llama.cpp's own words: `llama 8B Q4_K - Medium`. */
  readonly description: string;
  readonly parameterCount: number;
  readonly vocabularySize: number;
  readonly embeddingLength: number;
  /** Tokens that the context can hold. */
  readonly contextSize: number;
  readonly threads: number;
  tokenize(text: string, options: { addSpecial: boolean; parseSpecial: boolean }): Int32Array;
  /** Special tokens appear as their text. */
  detokenize(tokens: Int32Array): string;
  isEndOfGeneration(token: number): boolean;
  /** Computes tokens at the end of what was computed since `clear`. */
  decode(tokens: Int32Array): Promise<void>;
  /** Logits (vocabularySize) of the last token. */
  lastLogits(): Float32Array;
  /** The text's embedding (embeddingLength), pooled as the model says, else the last token's. */
  lastEmbedding(): Float32Array | undefined;
  clear(): void;
  /** Attaches one adapter file, or none. */
  attach(adapter: { readonly path: string; readonly scale: number } | undefined): void;
  dispose(): void;
}

export interface ValidationEngine {
  /** ggml_validate_row_data: false when the bytes hold a NaN or an infinity. */
  isFinite(type: GgmlType, bytes: Uint8Array): boolean;
  /** Loads the file (first part of a split). Throws `native/failed` with llama.cpp's reason. */
  load(
    path: string,
    options: { readonly embeddings: boolean; readonly threads?: number },
  ): Promise<LoadedModel>;
}

export interface ValidationPorts {
  readonly engine: ValidationEngine;
  readonly createSha256: () => Sha256;
  /** Writes a bundle's adapter to a file of its own (hash checked) and gives the path. */
  readonly extractMember: (source: ByteSource, member: PlacedMember) => Promise<string>;
  /** Seconds, rising. */
  readonly now: () => number;
}
