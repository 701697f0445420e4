// Where TIES cuts each adapter's delta: the k-th largest magnitude of a whole tensor, found exactly without holding the
// delta. Magnitudes of F32 values order like their bit patterns, so counting bits in two passes selects (radix selection).
import type { LowRankDelta } from '#src/model/row-combination.ts';
import { scaledDelta } from './scaled-delta.ts';

const chunkElements = 262144;
/** Upper 16 and lower 15 bits of a magnitude (31 bits without the sign). */
const lowBits = 15;
/** Work between two looks at the event loop, in products (about 50 ms). */
const productsPerTurn = 2e8;

/**
 * For each delta the smallest magnitude that TIES keeps: with k = floor(density · rows · columns), the k-th largest
 * |scaled delta| of the tensor. Elements of exactly that magnitude are all kept, so ties are decided by value, never by
 * place (PEFT's topk keeps any k of them). A density of 1 or more keeps everything (0), k = 0 keeps nothing (Infinity).
 *
 * `deltas` are whole: B has all `rows`. Memory is bounded by one run of rows; the delta is computed twice.
 */
export async function tiesThresholds(
  deltas: readonly LowRankDelta[],
  rows: number,
  columns: number,
  density: number,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const thresholds = new Float32Array(deltas.length);
  const kept = Math.floor(density * rows * columns);
  for (const [index, delta] of deltas.entries()) {
    if (density >= 1) thresholds[index] = 0;
    else if (kept <= 0) thresholds[index] = Infinity;
    else thresholds[index] = await kthLargest(delta, rows, columns, kept, signal);
  }
  return thresholds;
}

async function kthLargest(
  delta: LowRankDelta,
  rows: number,
  columns: number,
  k: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  // Float64 counters: a tensor may have more than 2^32 elements.
  const high = new Float64Array(1 << 16);
  await eachMagnitude(delta, rows, columns, signal, (bits) => {
    for (let i = 0; i < bits.length; i++) high[(bits[i]! & 0x7fffffff) >>> lowBits]!++;
  });
  const upper = selectFromTop(high, k);

  const low = new Float64Array(1 << lowBits);
  await eachMagnitude(delta, rows, columns, signal, (bits) => {
    for (let i = 0; i < bits.length; i++) {
      const magnitude = bits[i]! & 0x7fffffff;
      if (magnitude >>> lowBits === upper.bin) low[magnitude & ((1 << lowBits) - 1)]!++;
    }
  });
  const lower = selectFromTop(low, upper.remaining);

  const threshold = Uint32Array.of((upper.bin << lowBits) | lower.bin);
  return new Float32Array(threshold.buffer)[0]!;
}

/** The bin that holds the k-th largest value, and which one of that bin it is (1-based, from the top). */
function selectFromTop(counts: Float64Array, k: number): { bin: number; remaining: number } {
  let remaining = k;
  for (let bin = counts.length - 1; bin >= 0; bin--) {
    const count = counts[bin]!;
    if (remaining <= count) return { bin, remaining };
    remaining -= count;
  }
  return { bin: 0, remaining };
}

async function eachMagnitude(
  delta: LowRankDelta,
  rows: number,
  columns: number,
  signal: AbortSignal | undefined,
  visit: (bits: Uint32Array) => void,
): Promise<void> {
  const chunkRows = Math.min(rows, Math.max(1, Math.floor(chunkElements / columns)));
  const values = new Float32Array(chunkRows * columns);
  let products = 0;
  for (let row = 0; row < rows; row += chunkRows) {
    const count = Math.min(chunkRows, rows - row);
    const part = count === chunkRows ? values : values.subarray(0, count * columns);
    scaledDelta(part, delta, row, count, columns);
    visit(new Uint32Array(values.buffer, 0, count * columns));
    products += count * columns * delta.rank;
    if (products > productsPerTurn) {
      products = 0;
      await nextTurn();
    }
    signal?.throwIfAborted();
  }
}

/** Lets timers, messages and the abort signal of this thread in. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
