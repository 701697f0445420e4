// What both forms of an importance matrix hold, as llama-quantize uses it.
/** What both file forms give, before the values are judged. */
export interface ImatrixFile {
  readonly format: 'gguf' | 'legacy';
  /** Mean squared activation of each input channel by GGUF tensor name; for experts one row after the other. */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** Names of the calibration texts. */
  readonly datasets: readonly string[];
  /** Chunks that it was computed on (the legacy form's last call count); 0 when unknown. */
  readonly chunkCount: number;
  /** Tokens of a chunk; 0 when unknown. */
  readonly chunkSize: number;
}
