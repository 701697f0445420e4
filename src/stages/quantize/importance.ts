// Importance matrices as the quantizer uses them: which tensors get weights, which cannot do without
// (tensor_requires_imatrix in src/llama-quant.cpp, prepare_imatrix in tools/quantize/quantize.cpp).
import { StudioError } from '#src/errors/studio-error.ts';
import type { TensorView } from '#src/model/model-view.ts';
import { isQuantizedType, type GgmlType } from '#src/tensors/ggml-types.ts';

/** An importance matrix (its values were checked when it was read) as the quantizer needs it. */
export interface Importance {
  /** The path as the user gave it: it is written to `quantize.imatrix.file`. */
  readonly path: string;
  readonly datasets: readonly string[];
  readonly chunkCount: number;
  /** Mean squared activation per column, matrix after matrix, by tensor name. */
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/** Keeps the entries whose name contains one of `include`, or drops those that contain one of `exclude`. */
export function filterImportance(
  importance: Importance,
  { include = [], exclude = [] }: { include?: readonly string[]; exclude?: readonly string[] },
): Importance {
  const keeps = (name: string) =>
    !exclude.some((part) => name.includes(part)) &&
    (include.length === 0 || include.some((part) => name.includes(part)));
  return {
    ...importance,
    weights: new Map([...importance.weights].filter(([name]) => keeps(name))),
  };
}

const embeddingNames = ['token_embd.weight', 'per_layer_token_embd.weight'];
const veryLowBits: readonly GgmlType[] = ['IQ3_XXS', 'IQ2_XXS', 'IQ2_XS', 'IQ2_S', 'IQ1_M', 'IQ1_S']; // prettier-ignore
/** libggml ends the process when these are encoded without weights (ggml_quantize_requires_imatrix). */
const impossibleWithout: readonly GgmlType[] = ['IQ2_XXS', 'IQ2_XS', 'IQ1_S'];
const fileTypeQ2KS = 21;

/** Types whose encoders in libggml take no weights, or take them and do not look (ggml_quantize_chunk, ggml-quants.c). */
const ignoringWeights: readonly GgmlType[] = ['Q8_0', 'Q1_0', 'Q2_0', 'TQ1_0', 'TQ2_0', 'MXFP4', 'NVFP4']; // prettier-ignore

/** True when weights change what libggml writes in this type. */
export function usesImportance(type: GgmlType): boolean {
  return isQuantizedType(type) && !ignoringWeights.includes(type);
}

/** True when llama.cpp refuses to write this tensor in this type without weights. */
export function needsImportance(name: string, type: GgmlType, fileType: number): boolean {
  if (impossibleWithout.includes(type)) return true;
  if (name === 'output.weight' || embeddingNames.includes(name)) return false;
  return veryLowBits.includes(type) || (type === 'Q2_K' && fileType === fileTypeQ2KS);
}

/**
 * The weights of one tensor, looked up by its name in the source. Undefined when the matrix has none.
 * Throws `imatrix/invalid` when their number does not fit; for token embeddings, which no matrix describes well, they are
 * left out instead.
 */
export function importanceOf(
  importance: Importance,
  { name, shape }: Pick<TensorView, 'name' | 'shape'>,
): Float32Array | undefined {
  const weights = importance.weights.get(name);
  const expected = (shape[0] ?? 1) * (shape[2] ?? 1);
  if (weights === undefined || weights.length === expected) return weights;
  if (embeddingNames.includes(name)) return undefined;
  throw new StudioError(
    'imatrix/invalid',
    `${importance.path} has ${weights.length} weights for ${name}, which needs ${expected}.`,
    { hint: 'Use a matrix that was made with this very model.' },
  );
}
