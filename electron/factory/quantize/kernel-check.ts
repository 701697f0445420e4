// Whether the WebAssembly kernel may be used for a type on this machine: it encodes and decodes a few hundred rows as libggml
// does, or it is not trusted. On x64 both repeat the same scalar code; elsewhere libggml fuses multiplications and additions.
import { createQuantKernel, type QuantKernel } from '#src/kernels/quant-kernel.ts';
import { mulberry32 } from '#src/random/mulberry32.ts';
import { ggmlTypes, rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import type { RowCodec } from '../ffi/llama-library.types.ts';

/** `--kernels`: `auto` trusts what this check finds. */
export type KernelChoice = 'auto' | 'wasm' | 'ggml';

/** How the choice reaches the factory host and its workers. */
export const kernelsVariable = 'GGUF_STUDIO_KERNELS';

/**
 * What libggml's own loop does faster (`npm run bench -- --kernels`), for its compiler made a vector loop of it: `auto` leaves
 * that to it. Encoding with importance weights is never among it.
 */
const fasterInLibrary: Readonly<Record<'encode' | 'decode', readonly GgmlType[]>> = {
  encode: ['Q4_0', 'BF16'],
  decode: ['BF16', 'Q8_0', 'Q4_K', 'Q5_K'],
};

/** Whether libggml does this although the kernel can. */
export function leavesToLibrary(
  work: 'encode' | 'decode',
  type: GgmlType,
  choice: KernelChoice,
): boolean {
  return choice !== 'wasm' && fasterInLibrary[work].includes(type);
}

export interface KernelFinding {
  readonly type: GgmlType;
  readonly kernel: 'wasm' | 'ggml';
  /** Why it is libggml's. */
  readonly reason?: string;
  /** What libggml does all the same, because it is faster; encoding only without importance weights. */
  readonly faster?: ('encode' | 'decode')[];
}

const rowCount = 32;
const columns = 256;
const elements = rowCount * columns;

/** Eight kinds of rows, 256 in all: as weights are, and those in which rounding shows. */
const shapes: readonly ((random: number, index: number) => number)[] = [
  (random) => random ** 3 * 0.05,
  (random) => random ** 9 * 3,
  (random) => Math.fround(Math.round(random * 128) / 4096),
  (random, index) => (index % 23 === 5 ? random : 0),
  (random, index) => (index % 256 === 9 ? 30 : random * 1e-3),
  (random, index) => random * 10 ** -(Math.floor(index / 32) % 12),
  (random) => Math.abs(random),
  (random, index) => (Math.floor(index / 32) % 2 === 0 ? 0.37 : -random),
];

/** The choice from the environment of this process. */
export function kernelChoice(): KernelChoice {
  const text = process.env[kernelsVariable];
  return text === 'wasm' || text === 'ggml' ? text : 'auto';
}

/** Checks every type that the kernel has; nothing where the runtime has no kernel. Some 100 ms. */
export function checkKernels(
  codec: RowCodec,
  choice: KernelChoice,
  kernel = createQuantKernel(),
): KernelFinding[] {
  if (kernel === undefined) return [];
  return kernel.types.map((type) => {
    const reason = reasonAgainst(kernel, codec, type, choice);
    if (reason !== undefined) return { type, kernel: 'ggml', reason };
    const faster = (['encode', 'decode'] as const).filter((work) =>
      leavesToLibrary(work, type, choice),
    );
    return { type, kernel: 'wasm', ...(faster.length === 0 ? {} : { faster }) };
  });
}

/**
 * Why libggml does this type here; undefined when the kernel does. `kernel` must not hold rows that are still needed: the
 * check writes over them.
 */
export function reasonAgainst(
  kernel: QuantKernel,
  codec: RowCodec,
  type: GgmlType,
  choice: KernelChoice,
): string | undefined {
  if (choice === 'wasm') return undefined;
  if (choice === 'ggml') return 'chosen with --kernels ggml';
  if (process.arch !== 'x64') return `libggml rounds in its own way on ${process.arch}`;
  let shape: number;
  try {
    shape = shapes.findIndex((_, index) => differs(kernel, codec, type, index));
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    return `it fails: ${error.message}`;
  }
  return shape < 0 ? undefined : `its bytes differ from libggml's (rows of kind ${shape})`;
}

function differs(kernel: QuantKernel, codec: RowCodec, type: GgmlType, shape: number): boolean {
  const random = mulberry32(shape + 1);
  const value = shapes[shape]!;
  const source = Float32Array.from({ length: elements }, (_, index) =>
    value(random() * 2 - 1, index),
  );
  const weights = Float32Array.from({ length: columns }, () => random() ** 2 * 40 + 1e-3);
  const expected = new Uint8Array(rowByteLength(type, elements));
  const found = new Uint8Array(expected.length);
  for (const importance of kernel.weighs(type) ? [null, weights] : [null]) {
    codec.encode(type, source, expected, rowCount, columns, importance);
    kernel.rows(elements).set(source);
    const refused = kernel.encode(type, rowCount, columns, importance, found);
    const { bytesPerBlock } = ggmlTypes[type];
    for (const block of refused) {
      found.set(
        expected.subarray(block * bytesPerBlock, (block + 1) * bytesPerBlock),
        block * bytesPerBlock,
      );
    }
    if (!Buffer.from(found).equals(expected)) return true;
  }
  const decoded = new Float32Array(elements);
  codec.decode(type, expected, decoded, elements);
  return !Buffer.from(kernel.decode(type, expected, elements).slice().buffer).equals(
    Buffer.from(decoded.buffer),
  );
}
