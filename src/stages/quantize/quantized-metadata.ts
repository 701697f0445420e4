// The metadata of a quantized file, entry for entry as llama-quantize writes it (llama_model_quantize_impl in
// src/llama-quant.cpp and the imatrix entries of tools/quantize/quantize.cpp). Order matters: files are compared.
import { stringEntry, uint32Entry, withEntry, withoutEntry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { asLibggmlCopies } from './c-strings.ts';
import type { Importance } from './importance.ts';

/** GGML_QNT_VERSION. */
const quantizationVersion = 2;
export const splitKeys = ['split.no', 'split.count', 'split.tensors.count'];
/** llama_model_kv_override holds strings of at most 127 bytes. */
const overrideBytes = 127;

export interface QuantizedMetadataOptions {
  readonly architecture: string;
  /** `llama_ftype`. */
  readonly fileType: number;
  readonly importance?: Importance | undefined;
  /** Set last of all but the block count, in this order. */
  readonly overrides?: readonly GgufEntry[] | undefined;
  /** The number of layers after pruning. */
  readonly blockCount?: number | undefined;
}

/** The source's entries, changed as llama-quantize changes them. */
export function quantizedMetadata(
  source: readonly GgufEntry[],
  options: QuantizedMetadataOptions,
): readonly GgufEntry[] {
  let entries: readonly GgufEntry[] = source.map(asLibggmlCopies);
  entries = withEntry(entries, uint32Entry('general.quantization_version', quantizationVersion));
  entries = withEntry(entries, uint32Entry('general.file_type', options.fileType));
  for (const key of splitKeys) entries = withoutEntry(entries, key);
  for (const entry of options.overrides ?? []) entries = withEntry(entries, entry);
  if (options.importance !== undefined && options.importance.weights.size > 0) {
    for (const entry of importanceEntries(options.importance)) entries = withEntry(entries, entry);
  }
  if (options.blockCount !== undefined) {
    const key = `${options.architecture}.block_count`;
    entries = withEntry(entries, uint32Entry(key, options.blockCount));
  }
  return entries;
}

/** What the command line tool records about the matrix. */
export function importanceEntries(importance: Importance): readonly GgufEntry[] {
  const { path, datasets, weights, chunkCount } = importance;
  return [
    overrideText('quantize.imatrix.file', path),
    ...datasets.slice(0, 1).map((name) => overrideText('quantize.imatrix.dataset', name)),
    uint32Entry('quantize.imatrix.entries_count', weights.size),
    ...(chunkCount > 0 ? [uint32Entry('quantize.imatrix.chunks_count', chunkCount)] : []),
  ];
}

/** A string entry cut to 127 bytes, even inside a character. */
function overrideText(key: string, text: string): GgufEntry {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= overrideBytes) return stringEntry(key, text);
  const kept = bytes.subarray(0, overrideBytes);
  const encoded = new Uint8Array(8 + kept.length);
  new DataView(encoded.buffer).setBigUint64(0, BigInt(kept.length), true);
  encoded.set(kept, 8);
  return { ...stringEntry(key, new TextDecoder().decode(kept)), encoded };
}
