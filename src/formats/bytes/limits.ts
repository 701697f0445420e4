// How much any file may ask of us. Each limit is far above what real files hold and low enough that a hostile one can
// neither fill the memory nor keep a reader busy; every count is also checked against the size of its file.
// All formats read here are little-endian; big-endian files are recognized and refused by name.

const kibi = 1024;
const mebi = 1024 * kibi;

export const limits = {
  /** First read of a GGUF header or a pickle: everything but vocabularies fits. */
  firstWindow: 256 * kibi,
  /** All of a GGUF header. Vocabularies of 260,000 tokens with merges make about 20 MiB; llama.cpp allows 1 GiB a string. */
  ggufHeaderBytes: 256 * mebi,
  /** Metadata entries. Real files have 20 to 60; bundles and provenance add a dozen. */
  ggufEntries: 65_536,
  /** Tensors. The largest published GGUFs have about 2,000; importance matrices two for each. */
  ggufTensors: 262_144,
  /** Elements of a string or bool array, which cost far more in memory than in the file. Vocabularies end below 300,000. */
  ggufArrayStrings: 4 * mebi,
  /** Bytes of one metadata key: the specification says 65,535. */
  ggufKeyBytes: 65_535,
  /** `GGML_MAX_NAME` of ggml.h: 64 with the terminating zero. */
  ggufTensorNameBytes: 63,
  /** `GGML_MAX_DIMS` of ggml.h. */
  ggufDimensions: 4,
  /** `general.alignment`. Real files use 32; more than a huge page is a mistake, and padding would fill the disk. */
  ggufAlignment: 2 * mebi,
  /** Parts of a split GGUF. Their count is a u16; the largest published model has about 300, and each costs a file handle. */
  ggufParts: 1_024,

  /** JSON header of a safetensors file. 100,000 tensors make 13 MB; the reference implementation allows 100 MB. */
  safetensorsHeaderBytes: 32 * mebi,
  /** Tensors of one safetensors file. Mixture-of-experts checkpoints have up to 100,000 over all parts. */
  checkpointTensors: 1_048_576,
  /** Characters of a tensor's name. The longest of real checkpoints have about 120. */
  checkpointNameLength: 1_024,
  /** PyTorch allows 64 dimensions; no checkpoint uses more than 6. */
  checkpointDimensions: 16,
  /** Parts of a sharded checkpoint; the largest published ones have about 200. */
  checkpointParts: 1_024,
  /** A `*.index.json`: DeepSeek-V3's, with 90,000 names, has 9 MB. */
  indexJsonBytes: 64 * mebi,

  /** `data.pkl` of a PyTorch file: names, shapes and strides, about 250 bytes a tensor. */
  pickleBytes: 32 * mebi,
  /** Steps of one pickle: about 40 a tensor, so this is enough for 100,000 tensors. */
  pickleSteps: 4 * mebi,
  /** Values on a pickle's stack or in its memo. */
  pickleValues: mebi,
  /** A tensor whose elements are not in order is held in memory while it is read; embeddings of real models fit. */
  stridedBytes: 512 * mebi,
  /** Entries of a zip archive; one per storage. */
  zipEntries: 262_144,
  /** A zip's central directory: about 100 bytes an entry. */
  zipDirectoryBytes: 32 * mebi,

  /** Entries of a legacy importance matrix. */
  imatrixEntries: 65_536,
  /** Bytes of a tensor or dataset name in it; datasets are paths. */
  imatrixNameBytes: 4_096,
  /** All values of an importance matrix (4 bytes each): one of 256 experts in 58 layers has about 250 million. */
  imatrixValues: 512 * mebi,
} as const;
