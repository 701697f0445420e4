// The level of a GGUF. Files made by other tools say nothing or the wrong thing (general.file_type left at F16), so the
// tensors have the last word.
import { entryNumber } from '#src/formats/gguf/entries.ts';
import type { GgufEntry, GgufTensorInfo } from '#src/formats/gguf/types.ts';
import { ggmlTypes, type GgmlType } from '#src/tensors/ggml-types.ts';
import { levels, type Level, type LevelInfo } from '#src/tensors/levels.ts';

type TypedTensor = Pick<GgufTensorInfo, 'name' | 'shape' | 'type'>;

/** What llama-quantize takes instead where rows do not divide into blocks of 256 (llama-quant.cpp, tensor_type_fallback). */
const fallbacks: Partial<Record<GgmlType, GgmlType>> = {
  TQ1_0: 'Q4_0', TQ2_0: 'Q4_0', Q2_K: 'IQ4_NL', Q3_K: 'IQ4_NL', IQ2_XXS: 'IQ4_NL', IQ2_XS: 'IQ4_NL', IQ2_S: 'IQ4_NL',
  IQ3_XXS: 'IQ4_NL', IQ3_S: 'IQ4_NL', IQ1_S: 'IQ4_NL', IQ1_M: 'IQ4_NL', IQ4_XS: 'IQ4_NL', Q4_K: 'Q5_0', Q5_K: 'Q5_1', Q6_K: 'Q8_0',
}; // prettier-ignore

const entries = Object.entries(levels) as [Level, LevelInfo][];

/**
 * The level that `general.file_type` names when the matrices bear it out, else the one that their dominant type stands
 * for (`Q4_K` with larger types among it is Q4_K_M), else that type's name. Undefined without matrices.
 */
export function levelOfGguf(
  metadata: readonly GgufEntry[],
  tensors: readonly TypedTensor[],
): string | undefined {
  const matrices = tensors.filter(({ shape }) => shape.length > 1 && (shape[1] ?? 1) > 1);
  const inner = matrices.filter(({ name }) => !/^(?:token_embd|output)\.weight$/.test(name));
  const weights = weightsByType(inner.length > 0 ? inner : matrices);
  const [dominant] = [...weights].sort(([, left], [, right]) => right - left)[0] ?? [];
  const fileType = entryNumber(metadata, 'general.file_type');
  const declared = entries.find(([, info]) => info.fileType === fileType);
  if (dominant === undefined) return declared?.[0];
  if (declared !== undefined && isBorneOut(declared[1], weights, dominant)) return declared[0];
  return inferLevel(dominant, weights);
}

function weightsByType(tensors: readonly TypedTensor[]): ReadonlyMap<GgmlType, number> {
  const weights = new Map<GgmlType, number>();
  for (const { type, shape } of tensors) {
    const count = shape.reduce((product, size) => product * size, 1);
    weights.set(type, (weights.get(type) ?? 0) + count);
  }
  return weights;
}

function isBorneOut(
  { defaultType }: LevelInfo,
  weights: ReadonlyMap<GgmlType, number>,
  dominant: GgmlType,
): boolean {
  if (ggmlTypes[defaultType].kind !== 'quantized') return dominant === defaultType;
  const fallback = fallbacks[defaultType];
  return weights.has(defaultType) || (fallback !== undefined && weights.has(fallback));
}

function inferLevel(dominant: GgmlType, weights: ReadonlyMap<GgmlType, number>): string {
  const bits = (type: GgmlType) => ggmlTypes[type].bytesPerBlock / ggmlTypes[type].blockSize;
  const isMixed = [...weights.keys()].some(
    (type) => ggmlTypes[type].kind === 'quantized' && bits(type) > bits(dominant),
  );
  const candidates = entries.filter(([, info]) => info.defaultType === dominant);
  const named = (ending: string) => candidates.find(([name]) => name.endsWith(ending))?.[0];
  const plain = candidates.find(([name]) => name === (dominant as string))?.[0];
  return (isMixed ? named('_M') : named('_S')) ?? plain ?? candidates[0]?.[0] ?? dominant;
}
