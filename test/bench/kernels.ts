// Our row kernels against libggml's row functions: the same rows, in turn, in one thread of one process, outputs compared.
import { locateLibrary } from '#electron/factory/ffi/locate-library.ts';
import { openRowLibrary } from '#electron/factory/ffi/open-llama-library.ts';
import { RowEncoder } from '#electron/factory/quantize/row-encoder.ts';
import { mulberry32 } from '#src/random/mulberry32.ts';
import { rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { pairedRatio, median, type RatioInterval } from './ratio-interval.ts';

const encoded: readonly GgmlType[] = [
  'Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'IQ4_XS', 'IQ4_NL', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'F16', 'BF16',
]; // prettier-ignore
/** TinyLlama's hidden width; a piece of rows as the row workers cut them. */
const columns = 2048;
const rowCount = 32;
const elements = columns * rowCount;
const warmUp = 10;

export interface KernelRow {
  readonly type: GgmlType;
  readonly what: 'encode' | 'encode, imatrix' | 'decode';
  /** Million weights per second. */
  readonly ours: number;
  readonly theirs: number;
  /** libggml's time as a multiple of ours. */
  readonly speedup: RatioInterval;
  readonly identical: boolean;
}

/** Every kernel in `rounds` pairs. */
export function measureKernels(rounds = 40): KernelRow[] {
  const codec = openRowLibrary(locateLibrary());
  const encoder = new RowEncoder(codec, 'wasm');
  const random = mulberry32(7);
  // The sum of three is bell-shaped enough, and as wide as trained weights are.
  const source = Float32Array.from(
    { length: elements },
    () => (random() + random() + random() - 1.5) * 0.04,
  );
  const weights = Float32Array.from({ length: columns }, () => random() ** 2 * 40 + 1e-3);
  const rows: KernelRow[] = [];
  const compare = (
    type: GgmlType,
    what: KernelRow['what'],
    ours: () => Uint8Array,
    theirs: () => Uint8Array,
  ) => {
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < warmUp + rounds; round++) {
      const begin = performance.now();
      ours();
      const middle = performance.now();
      theirs();
      const end = performance.now();
      if (round < warmUp) continue;
      times[0].push(middle - begin);
      times[1].push(end - middle);
    }
    rows.push({
      type,
      what,
      ours: elements / median(times[0]) / 1e3,
      theirs: elements / median(times[1]) / 1e3,
      speedup: pairedRatio(times[1], times[0]),
      identical: Buffer.compare(ours(), theirs()) === 0,
    });
  };
  for (const type of encoded) {
    const length = rowCount * rowByteLength(type, columns);
    const [ours, theirs] = [new Uint8Array(length), new Uint8Array(length)];
    const held = encoder.rows(elements);
    for (const importance of type === 'F16' || type === 'BF16' || type === 'Q8_0'
      ? [null]
      : [null, weights]) {
      held.set(source);
      compare(
        type,
        importance === null ? 'encode' : 'encode, imatrix',
        () => {
          encoder.encode(type, held, rowCount, columns, importance, ours);
          return ours;
        },
        () => {
          codec.encode(type, source, theirs, rowCount, columns, importance);
          return theirs;
        },
      );
    }
    const decoded = new Float32Array(elements);
    compare(
      type,
      'decode',
      () => bytesOf(encoder.decode(type, theirs, elements)),
      () => {
        codec.decode(type, theirs, decoded, elements);
        return bytesOf(decoded);
      },
    );
  }
  return rows;
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

export function describeKernels(rows: readonly KernelRow[]): string {
  const lines = rows.map(
    ({ type, what, ours, theirs, speedup: { ratio, low, high }, identical }) =>
      `| ${type} | ${what} | ${ours.toFixed(1)} | ${theirs.toFixed(1)} | ${ratio.toFixed(2)} | ${low.toFixed(2)} to ${high.toFixed(2)} | ${identical ? 'identical' : 'DIFFERENT'} |`,
  );
  return [
    '\n| type | what | ours, million weights/s | libggml | times faster | 95 % | bytes |\n|---|---|---:|---:|---:|---|---|',
    ...lines,
  ].join('\n');
}
