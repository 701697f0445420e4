// Pure data: the quantization levels that llama.cpp v0.5.0 writes (llama_ftype; names and order of the ladder from
// tools/quantize/quantize.cpp, QUANT_OPTIONS). A level is a mixture: the types of single tensors are llama.cpp's choice.
import type { GgmlType } from './ggml-types.ts';

export interface LevelInfo {
  /** `llama_ftype`, written as `general.file_type`. */
  readonly fileType: number;
  /** The type that most weights get. */
  readonly defaultType: GgmlType;
  /** llama.cpp refuses this level without an importance matrix. */
  readonly needsImatrix?: true;
  /** One line for help and menus; figures are llama.cpp's own (tools/quantize/README.md). */
  readonly summary: string;
}

export const levels = {
  F32: { fileType: 0, defaultType: 'F32', summary: '32 bit float, no loss' },
  BF16: { fileType: 32, defaultType: 'BF16', summary: '16 bit bfloat, exact for BF16 sources' },
  F16: { fileType: 1, defaultType: 'F16', summary: '16 bit float, exact for F16 sources' },
  Q8_0: { fileType: 7, defaultType: 'Q8_0', summary: '8.5 bpw; development' },
  Q6_K: { fileType: 18, defaultType: 'Q6_K', summary: '6.56 bpw; +0.0217 ppl @ Llama-3-8B' },
  Q5_K_M: {
    fileType: 17,
    defaultType: 'Q5_K',
    summary: '5.7 bpw; +0.0569 ppl @ Llama-3-8B; where quality is critical',
  },
  Q5_K_S: { fileType: 16, defaultType: 'Q5_K', summary: '5.5 bpw; +0.1049 ppl @ Llama-3-8B' },
  Q5_1: { fileType: 9, defaultType: 'Q5_1', summary: '6 bpw; +0.1062 ppl @ Llama-3-8B' },
  Q5_0: { fileType: 8, defaultType: 'Q5_0', summary: '5.5 bpw; +0.1316 ppl @ Llama-3-8B' },
  Q4_K_M: {
    fileType: 15,
    defaultType: 'Q4_K',
    summary: '4.9 bpw; +0.1754 ppl @ Llama-3-8B; the default',
  },
  Q4_K_S: { fileType: 14, defaultType: 'Q4_K', summary: '4.7 bpw; +0.2689 ppl @ Llama-3-8B' },
  Q4_1: { fileType: 3, defaultType: 'Q4_1', summary: '5 bpw; +0.4511 ppl @ Llama-3-8B' },
  Q4_0: {
    fileType: 2,
    defaultType: 'Q4_0',
    summary: '4.5 bpw; +0.4685 ppl @ Llama-3-8B; repacks on ARM',
  },
  IQ4_NL: { fileType: 25, defaultType: 'IQ4_NL', summary: '4.5 bpw non-linear' },
  IQ4_XS: { fileType: 30, defaultType: 'IQ4_XS', summary: '4.25 bpw non-linear' },
  Q3_K_L: { fileType: 13, defaultType: 'Q3_K', summary: '4.0 bpw; +0.5562 ppl @ Llama-3-8B' },
  Q3_K_M: { fileType: 12, defaultType: 'Q3_K', summary: '3.9 bpw; +0.6569 ppl @ Llama-3-8B' },
  Q3_K_S: { fileType: 11, defaultType: 'Q3_K', summary: '3.5 bpw; +1.6321 ppl @ Llama-3-8B' },
  IQ3_M: { fileType: 27, defaultType: 'IQ3_S', summary: '3.66 bpw mix' },
  IQ3_S: { fileType: 26, defaultType: 'IQ3_S', summary: '3.44 bpw' },
  IQ3_XS: { fileType: 22, defaultType: 'IQ3_S', summary: '3.3 bpw' },
  IQ3_XXS: { fileType: 23, defaultType: 'IQ3_XXS', needsImatrix: true, summary: '3.06 bpw' },
  Q2_K: { fileType: 10, defaultType: 'Q2_K', summary: '3.2 bpw; +3.5199 ppl @ Llama-3-8B; mobile' },
  Q2_K_S: {
    fileType: 21,
    defaultType: 'Q2_K',
    needsImatrix: true,
    summary: '3.0 bpw; +3.1836 ppl @ Llama-3-8B',
  },
  IQ2_M: { fileType: 29, defaultType: 'IQ2_S', needsImatrix: true, summary: '2.7 bpw' },
  IQ2_S: { fileType: 28, defaultType: 'IQ2_XS', needsImatrix: true, summary: '2.5 bpw' },
  IQ2_XS: { fileType: 20, defaultType: 'IQ2_XS', needsImatrix: true, summary: '2.31 bpw' },
  IQ2_XXS: { fileType: 19, defaultType: 'IQ2_XXS', needsImatrix: true, summary: '2.06 bpw' },
  IQ1_M: { fileType: 31, defaultType: 'IQ1_M', needsImatrix: true, summary: '1.75 bpw' },
  IQ1_S: { fileType: 24, defaultType: 'IQ1_S', needsImatrix: true, summary: '1.56 bpw' },
  TQ2_0: { fileType: 37, defaultType: 'TQ2_0', summary: '2.06 bpw ternary' },
  TQ1_0: { fileType: 36, defaultType: 'TQ1_0', summary: '1.69 bpw ternary' },
  Q2_0: { fileType: 41, defaultType: 'Q2_0', summary: '2.25 bpw, groups of 64' },
  Q1_0: { fileType: 40, defaultType: 'Q1_0', summary: '1.125 bpw' },
  MXFP4_MOE: { fileType: 38, defaultType: 'MXFP4', summary: 'MXFP4 experts, Q8_0 elsewhere' },
} as const satisfies Record<string, LevelInfo>;

export type Level = keyof typeof levels;

/** llama-quantize's short names. */
const levelAliases: Record<string, Level> = { Q3_K: 'Q3_K_M', Q4_K: 'Q4_K_M', Q5_K: 'Q5_K_M' };

/** Parses a level as llama-quantize does: any case, aliases. Undefined when there is none. */
export function parseLevel(text: string): Level | undefined {
  const name = text.toUpperCase();
  if (name in levels) return name as Level;
  return levelAliases[name];
}
