// Loads the WebAssembly kernel that reads rows of logits for measuring quality. One instance per thread: its memory holds
// two rows (reference and subject) and what is worked out of them, so that a row is copied once and read many times.
import { logitsWasm } from './logits.wasm.ts';
import { valueAtRank } from './value-at-rank.ts';

/** Slot of a row in the kernel's memory: by convention 0 is the reference, 1 the subject. */
export type LogitSlot = 0 | 1;

export interface RowSummary {
  /** The largest logit and the first token that has it. */
  readonly maximum: number;
  readonly top: number;
  /** Σ e^(logit - maximum), and its logarithm plus the maximum: ln p of a token is its logit minus that. */
  readonly sum: number;
  readonly logSumExp: number;
}

/** A row split into its k most probable tokens and the rest. Probabilities are of the whole row. */
export interface SplitRow extends RowSummary {
  /** The most probable tokens, ascending by id; among equals the smaller ids. */
  readonly topTokens: Uint32Array;
  /** Probability of all others together. */
  readonly tailMass: number;
}

export interface LogitsKernel {
  readonly vocabularySize: number;
  /** Bytes of memory that it holds. */
  readonly byteLength: number;
  /** Where a row is put: one F32 logit per token. Stays valid. */
  row(slot: LogitSlot): Float32Array;
  /** Maximum and sum of a row, or where its first NaN or infinity is. */
  summarize(slot: LogitSlot): RowSummary | NotFinite;
  /**
   * KL divergence of the subject (slot 1) from the reference (slot 0) in nats, as llama-perplexity sums it: tokens with
   * ln p_reference <= -16 are left out. Both rows must have been summarized.
   */
  divergence(reference: RowSummary, subject: RowSummary): number;
  /** Splits off the `count` most probable tokens; then `sampleTail` can be called for the same row. */
  split(slot: LogitSlot, count: number): SplitRow | NotFinite;
  /**
   * Draws a token of the tail (of the last `split`) for each number in [0, 1), in proportion to its probability. The
   * numbers must ascend; the tokens then do, too, and repeat where they were drawn more than once.
   */
  sampleTail(uniforms: Float64Array): Uint32Array;
}

export interface NotFinite {
  readonly notFiniteAt: number;
}

interface KernelExports {
  memory: WebAssembly.Memory;
  freeMemory(): number;
  result(): number;
  scan(row: number, blocks: number, maxima: number): void;
  sumExponentials(row: number, blocks: number, maximum: number): number;
  storeExponentials(
    row: number,
    blocks: number,
    maximum: number,
    weights: number,
    blockSums: number,
  ): number;
  divergence(
    base: number,
    subject: number,
    weights: number,
    blocks: number,
    threshold: number,
    shift: number,
  ): number;
  collect(
    row: number,
    blocks: number,
    count: number,
    threshold: number,
    maxima: number,
    indices: number,
  ): number;
}

/** llama-perplexity leaves tokens out whose ln p is not above this. */
export const leastLogProbability = -16;

const pageBytes = 65_536;
const blockSize = 64;
/** Fills the last block: the lowest finite F32. */
const padding = -3.4028234663852886e38;
const infinityBits = 0x7f800000;

/** Compiles the kernel for rows of `vocabularySize` logits. Throws where the runtime has no WebAssembly SIMD. */
export function createLogitsKernel(vocabularySize: number): LogitsKernel {
  const bytes = Uint8Array.from(atob(logitsWasm), (character) => character.charCodeAt(0));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});
  const kernel = instance.exports as unknown as KernelExports;
  const { memory } = kernel;
  const blocks = Math.ceil(vocabularySize / blockSize);
  const rowBytes = blocks * blockSize * 4;
  const first = Math.ceil(kernel.freeMemory() / 64) * 64;
  const rows = [first, first + rowBytes] as const;
  const weightsAt = first + 2 * rowBytes;
  const sumsAt = weightsAt + rowBytes;
  const maximaAt = sumsAt + blocks * 8;
  const needed = maximaAt + blocks * 4;
  memory.grow(Math.max(0, Math.ceil((needed - memory.buffer.byteLength) / pageBytes)));
  const views = rows.map((offset) => new Float32Array(memory.buffer, offset, vocabularySize));
  const weights = new Float32Array(memory.buffer, weightsAt, vocabularySize);
  const indices = new Uint32Array(memory.buffer, weightsAt, vocabularySize);
  const blockSums = new Float64Array(memory.buffer, sumsAt, blocks);
  const blockMaxima = new Float32Array(memory.buffer, maximaAt, blocks);
  const result = new DataView(memory.buffer, kernel.result(), 16);
  for (const offset of rows) {
    new Float32Array(memory.buffer, offset, rowBytes / 4).fill(padding);
  }
  let tailSum = 0;

  const view = (slot: LogitSlot) => views[slot] as Float32Array;

  function scan(slot: LogitSlot): { maximum: number; top: number } | NotFinite {
    kernel.scan(rows[slot], blocks, maximaAt);
    if (result.getUint32(8, true) >= infinityBits) {
      return { notFiniteAt: view(slot).findIndex((value) => !Number.isFinite(value)) };
    }
    return { maximum: result.getFloat32(0, true), top: result.getInt32(4, true) };
  }

  function summary(maximum: number, top: number, sum: number): RowSummary {
    return { maximum, top, sum, logSumExp: maximum + Math.log(sum) };
  }

  /** Every token among the `count` largest, ascending by id. Uses the block maxima of the last scan. */
  function largest(slot: LogitSlot, count: number): Uint32Array {
    if (count >= vocabularySize) return Uint32Array.from({ length: vocabularySize }, (_, id) => id);
    // The count-th largest block maximum is at most the count-th largest value.
    const threshold = count > blocks ? padding : valueAtRank(blockMaxima.slice(), count);
    const found = kernel.collect(
      rows[slot],
      blocks,
      vocabularySize,
      threshold,
      maximaAt,
      weightsAt,
    );
    const row = view(slot);
    const values = new Float32Array(found);
    for (let at = 0; at < found; at++) values[at] = row[indices[at] as number] as number;
    const least = valueAtRank(values.slice(), count);
    let equals = count;
    for (let at = 0; at < found; at++) if ((values[at] as number) > least) equals--;
    const tokens = new Uint32Array(count);
    let kept = 0;
    for (let at = 0; at < found; at++) {
      const value = values[at] as number;
      if (value > least || (value === least && equals-- > 0))
        tokens[kept++] = indices[at] as number;
    }
    return tokens;
  }

  return {
    vocabularySize,
    byteLength: memory.buffer.byteLength,
    row: view,
    summarize(slot) {
      const scanned = scan(slot);
      if ('notFiniteAt' in scanned) return scanned;
      const { maximum, top } = scanned;
      const sum =
        slot === 0
          ? kernel.storeExponentials(rows[0], blocks, maximum, weightsAt, sumsAt)
          : kernel.sumExponentials(rows[1], blocks, maximum);
      return summary(maximum, top, sum);
    },
    divergence(reference, subject) {
      const shift = subject.logSumExp - reference.logSumExp;
      const rounded = Math.fround(shift);
      const threshold = reference.logSumExp + leastLogProbability;
      const sum = kernel.divergence(rows[0], rows[1], weightsAt, blocks, threshold, rounded);
      return (sum + (shift - rounded) * result.getFloat64(0, true)) / reference.sum;
    },
    split(slot, count) {
      const scanned = scan(slot);
      if ('notFiniteAt' in scanned) return scanned;
      const { maximum, top } = scanned;
      const topTokens = largest(slot, count);
      const row = view(slot);
      const values = new Float32Array(topTokens.length);
      // Without the top tokens, so that a small tail is not the difference of two large sums.
      for (let at = 0; at < topTokens.length; at++) {
        const id = topTokens[at] as number;
        values[at] = row[id] as number;
        row[id] = padding;
      }
      tailSum = kernel.storeExponentials(rows[slot], blocks, maximum, weightsAt, sumsAt);
      if (topTokens.length === vocabularySize) tailSum = 0;
      let sum = tailSum;
      for (let at = 0; at < topTokens.length; at++) {
        const id = topTokens[at] as number;
        const value = values[at] as number;
        row[id] = value;
        weights[id] = 0;
        sum += Math.exp(value - maximum);
      }
      return { ...summary(maximum, top, sum), topTokens, tailMass: tailSum / sum };
    },
    sampleTail(uniforms) {
      const drawn = new Uint32Array(uniforms.length);
      let block = 0;
      let before = 0;
      let token = 0;
      // What all tokens before `token` weigh, and the last token that weighs anything.
      let reached = 0;
      let last = 0;
      for (let index = 0; index < uniforms.length; index++) {
        const target = (uniforms[index] as number) * tailSum;
        while (block < blocks - 1 && before + (blockSums[block] as number) <= target) {
          before += blockSums[block] as number;
          block++;
          token = block * blockSize;
          reached = before;
        }
        const end = Math.min(vocabularySize, (block + 1) * blockSize);
        while (token < end && reached + (weights[token] as number) <= target) {
          if (weights[token] !== 0) last = token;
          reached += weights[token] as number;
          token++;
        }
        // Rounding may let the block's tokens end just below its sum.
        drawn[index] = token < end ? token : last;
      }
      return drawn;
    },
  };
}
