// The types that a tensor may get: by profile, by what its row length divides into, and without those that would need an
// importance matrix which is not there.
import type { AllocateParams } from '#src/contract/quality/allocate.ts';
import { ggmlTypes, type GgmlType } from '#src/tensors/ggml-types.ts';

export type Profile = AllocateParams['profile'];

/** Rows that do not divide into blocks of 256 have these; llama-quantize falls back to some of them. */
const blocksOf32: readonly GgmlType[] = ['Q4_0', 'IQ4_NL', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0'];
/** Without the look-up tables of the i-quants below 4 bits, which are slow on CPUs (quantization.md 1.7). */
const fastTypes: readonly GgmlType[] = ['Q2_K', 'Q3_K', 'IQ4_XS', 'Q4_K', 'Q5_K', 'Q6_K', 'Q8_0'];
const smallTypes: readonly GgmlType[] = [
  'IQ2_XXS', 'IQ2_XS', 'IQ2_S', 'Q2_K', 'IQ3_XXS', 'IQ3_S', 'Q3_K', 'IQ4_XS', 'Q4_K', 'Q5_K', 'Q6_K', 'Q8_0',
]; // prettier-ignore

export interface CandidateRequest {
  readonly profile: Profile;
  /** Weights per row (ne0). */
  readonly columns: number;
  /** False for types that llama.cpp refuses, or ends the process over, without weights that this tensor lacks. */
  readonly isAllowed: (type: GgmlType) => boolean;
}

/** Smallest first. Empty where nothing but F16 fits: rows that do not divide into blocks of 32. */
export function candidateTypes({ profile, columns, isAllowed }: CandidateRequest): GgmlType[] {
  const wanted = profile === 'smallest' ? smallTypes : fastTypes;
  const types = columns % 256 === 0 ? wanted : blocksOf32;
  return types
    .filter((type) => columns % ggmlTypes[type].blockSize === 0 && isAllowed(type))
    .sort((left, right) => bitsOf(left) - bitsOf(right));
}

/** Bits per weight. */
export function bitsOf(type: GgmlType): number {
  const { bytesPerBlock, blockSize } = ggmlTypes[type];
  return (8 * bytesPerBlock) / blockSize;
}

/** The class that a type's name tells: 4 for Q4_K, IQ4_XS and Q4_0. */
export function bitClassOf(type: GgmlType): number {
  return Number(/\d+/.exec(type)?.[0] ?? 16);
}

/** What a probe quantizes to: low enough to be measured, not so low that damages stop adding up (2.4). */
export function probeType(candidates: readonly GgmlType[], profile: Profile): GgmlType | undefined {
  const preferred: readonly GgmlType[] =
    profile === 'smallest' ? ['IQ3_S', 'Q3_K'] : ['Q3_K', 'IQ3_S'];
  return preferred.find((type) => candidates.includes(type)) ?? candidates[0];
}
