// Adds up squared activations while llama.cpp computes, as collect_imatrix of tools/imatrix/imatrix.cpp (v0.5.0) does: the
// same products, the same order of additions, the same counts.
import { StudioError } from '#src/errors/studio-error.ts';
import type { ImatrixEntry } from '#src/formats/imatrix/imatrix-sums.ts';
import type { SquaredSumsKernel } from '#src/kernels/squared-sums-kernel.ts';
import { withRows } from '#src/stages/imatrix/merge-sums.ts';
import type {
  EvaluationCalls,
  GraphProduct,
  GraphTensor,
  ProductObserver,
} from '../ffi/llama-library.types.ts';

export interface CollectorOptions {
  /** Added to in place; entries of a merge or an earlier run may be there. */
  readonly entries: Map<string, ImatrixEntry>;
  readonly kernel: SquaredSumsKernel;
  readonly copy: EvaluationCalls['copy'];
  /** Collect for `output.weight`, too. */
  readonly processOutput: boolean;
  /** Stops the computation. */
  readonly signal: AbortSignal;
}

/** Fewer tokens are ignored there: a batch's last few tokens go through other code. */
const leastTokens = 16;
const float32 = 0;
const int32 = 26;
/** Activations are taken in pieces of about this many bytes, which stay in the second-level cache. */
const pieceBytes = 1 << 20;

/** Its methods throw `evaluation/not-finite`, `imatrix/invalid` for entries of another model, and `native/failed`. */
export function createActivationCollector(options: CollectorOptions): ProductObserver {
  const { entries, kernel, copy, processOutput, signal } = options;

  function wants({ weight, input, experts }: GraphProduct): boolean {
    // Only a product that was asked for can stop the computation.
    if (signal.aborted) return true;
    const name = plainName(weight.name);
    if (input.typeId !== float32 || isAdapterFactor(name)) return false;
    if (experts !== undefined) return true;
    if (input.shape[1] < leastTokens) return false;
    return name.startsWith('blk.') || (processOutput && name === 'output.weight');
  }

  function see(product: GraphProduct): boolean {
    if (signal.aborted) return false;
    const name = plainName(product.weight.name);
    const { input } = product;
    if (input.strides[0] !== 4) throw unreadable(name, 'its columns are not side by side');
    if (product.experts === undefined) addDense(name, product.weight, input);
    else addExperts(name, product.weight, input, product.experts);
    return true;
  }

  function addDense(name: string, weight: GraphTensor, input: GraphTensor): void {
    const [columns, rowCount, plane, cube] = input.shape;
    const [, , weightPlane, weightCube] = weight.shape;
    const matrices = weightPlane * weightCube;
    const entry = denseEntry(name, columns * matrices);
    const [, rowStride, planeStride, cubeStride] = input.strides;
    const rowsOfPiece = Math.max(1, Math.floor(pieceBytes / Math.max(1, rowStride)));
    for (let i3 = 0; i3 < cube; i3++) {
      for (let i2 = 0; i2 < plane; i2++) {
        // Activations of more dimensions than the weight are flattened.
        const matrix = (i3 % weightCube) * weightPlane + (i2 % weightPlane);
        const sums = entry.sums.subarray(matrix * columns, (matrix + 1) * columns);
        for (let row = 0; row < rowCount; row += rowsOfPiece) {
          const count = Math.min(rowsOfPiece, rowCount - row);
          const bytes = kernel.source((count - 1) * rowStride + columns * 4, columns);
          copy(input, bytes, i3 * cubeStride + i2 * planeStride + row * rowStride);
          kernel.addRows(sums, count, rowStride);
        }
      }
    }
    requireFinite(name, entry.sums);
    const tokens = Math.floor((rowCount * plane * cube) / matrices);
    entry.counts.forEach((count, index) => (entry.counts[index] = count + tokens));
  }

  function addExperts(
    name: string,
    weight: GraphTensor,
    input: GraphTensor,
    ids: GraphTensor,
  ): void {
    const [columns, tokenRows, tokenCount, cube] = input.shape;
    const expertCount = weight.shape[2];
    const [used] = ids.shape;
    if (ids.typeId !== int32 || ids.shape[1] !== tokenCount || cube !== 1) {
      throw unreadable(name, 'the experts of its tokens have an unknown form');
    }
    const entry = expertEntry(name, columns, expertCount);
    const experts = readExperts(name, ids, used, tokenCount, expertCount);
    const bytes = kernel.source(input.byteLength, entry.sums.length);
    copy(input, bytes, 0);
    const [, rowStride, tokenStride] = input.strides;
    kernel.addExperts(entry.sums, {
      columns, tokenCount, tokenRows, rowStride, tokenStride, experts, used,
    }); // prettier-ignore
    for (const expert of experts) entry.counts[expert]!++;
    requireFinite(name, entry.sums);
  }

  /** (used, tokens), the first used expert of every token first; the tensor is a part of a wider one. */
  function readExperts(
    name: string,
    ids: GraphTensor,
    used: number,
    tokenCount: number,
    expertCount: number,
  ): Int32Array {
    const bytes = new Uint8Array(ids.byteLength);
    copy(ids, bytes, 0);
    const view = new DataView(bytes.buffer);
    const [step, tokenStep] = ids.strides;
    const experts = new Int32Array(used * tokenCount);
    for (let index = 0; index < used; index++) {
      for (let token = 0; token < tokenCount; token++) {
        const expert = view.getInt32(token * tokenStep + index * step, true);
        if (expert < 0 || expert >= expertCount) {
          throw unreadable(name, `a token goes to expert ${expert} of ${expertCount}`);
        }
        experts[index * tokenCount + token] = expert;
      }
    }
    return experts;
  }

  /** One count for the whole tensor, unless a merged matrix kept different ones. */
  function denseEntry(name: string, size: number): ImatrixEntry {
    const known = entries.get(name);
    if (known === undefined) return keep(name, new Float32Array(size), new Float64Array(1));
    requireSize(name, known.sums.length, size);
    const [first = 0] = known.counts;
    const isOne = known.counts.length > 1 && known.counts.every((count) => count === first);
    return isOne ? keep(name, known.sums, Float64Array.of(first)) : known;
  }

  function expertEntry(name: string, columns: number, expertCount: number): ImatrixEntry {
    const known = entries.get(name);
    const size = columns * expertCount;
    if (known === undefined) {
      return keep(name, new Float32Array(size), new Float64Array(expertCount));
    }
    requireSize(name, known.sums.length, size);
    const counts = withRows(known.counts, expertCount);
    requireSize(name, counts.length, expertCount);
    return counts === known.counts ? known : keep(name, known.sums, counts);
  }

  function keep(name: string, sums: Float32Array, counts: Float64Array): ImatrixEntry {
    const entry = { sums, counts };
    entries.set(name, entry);
    return entry;
  }

  function requireFinite(name: string, sums: Float32Array): void {
    const index = kernel.findNonFinite(sums);
    if (index < 0) return;
    throw new StudioError(
      'evaluation/not-finite',
      `What enters ${name} is not finite: the sum of squares of channel ${index} is ${String(sums[index])}.`,
      {
        hint: 'A weight before it may be NaN or infinite (gguf-studio validate tells), or the model overflows on this text.',
        details: { tensor: name, channel: index },
      },
    );
  }

  return { wants, see };
}

/** `CUDA0#blk.0.attn_k.weight#0`, a copy on another device, is `blk.0.attn_k.weight`. */
export function plainName(name: string): string {
  const parts = name.split('#');
  return parts.length > 1 ? (parts[1] ?? '') : name;
}

/** Run-time adapters multiply with their own factors, which are no weights of the model. */
function isAdapterFactor(name: string): boolean {
  return /\.lora_[ab]$/.test(name);
}

function requireSize(name: string, has: number, needs: number): void {
  if (has === needs) return;
  throw new StudioError(
    'imatrix/invalid',
    `"${name}" has ${has} values in the matrix that is added in, but ${needs} in this model.`,
    { hint: 'Add in matrices of the same model only (--in-file).', details: { tensor: name } },
  );
}

function unreadable(name: string, problem: string): StudioError {
  return new StudioError('native/failed', `The activations of ${name} cannot be read: ${problem}.`);
}
