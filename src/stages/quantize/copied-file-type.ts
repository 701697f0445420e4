// `llama_ftype` of a model that is only copied: its own `general.file_type`, or llama.cpp's guess from the type that most
// tensors have (llama_model_loader in src/llama-model-loader.cpp).
import { entryNumber } from '#src/formats/gguf/entries.ts';
import type { ModelView } from '#src/model/model-view.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import { levels, type Level } from '#src/tensors/levels.ts';
import { inTensorOrder } from './tensor-order.ts';

/** LLAMA_FTYPE_GUESSED. */
const guessedFlag = 1024;
/** Where a type has several levels, the one that llama.cpp takes. */
const levelOfType: Partial<Record<GgmlType, Level>> = {
  F16: 'F16',
  BF16: 'BF16',
  Q4_0: 'Q4_0',
  Q4_1: 'Q4_1',
  Q5_0: 'Q5_0',
  Q5_1: 'Q5_1',
  Q8_0: 'Q8_0',
  Q2_K: 'Q2_K',
  Q3_K: 'Q3_K_M',
  Q4_K: 'Q4_K_M',
  Q5_K: 'Q5_K_M',
  Q6_K: 'Q6_K',
  TQ1_0: 'TQ1_0',
  TQ2_0: 'TQ2_0',
  IQ2_XXS: 'IQ2_XXS',
  IQ2_XS: 'IQ2_XS',
  IQ2_S: 'IQ2_S',
  IQ3_XXS: 'IQ3_XXS',
  IQ1_S: 'IQ1_S',
  IQ1_M: 'IQ1_M',
  IQ4_NL: 'IQ4_NL',
  IQ4_XS: 'IQ4_XS',
  IQ3_S: 'IQ3_S',
  Q1_0: 'Q1_0',
  Q2_0: 'Q2_0',
};
/** LLAMA_FTYPE_MOSTLY_NVFP4, which no level of llama-quantize names. */
const fileTypeNvfp4 = 39;

/** The file type that a copy of a model declares. */
export function copiedFileType(model: Pick<ModelView, 'metadata' | 'tensors'>): number {
  const declared = entryNumber(model.metadata, 'general.file_type');
  if (declared !== undefined) return declared;
  const counts = new Map<GgmlType, number>();
  let most: GgmlType = 'F32';
  let mostCount = 0;
  for (const { type } of inTensorOrder(model.tensors)) {
    const count = (counts.get(type) ?? 0) + 1;
    counts.set(type, count);
    if (count > mostCount) [most, mostCount] = [type, count];
  }
  const level = levelOfType[most];
  const fileType =
    most === 'NVFP4' ? fileTypeNvfp4 : level === undefined ? 0 : levels[level].fileType;
  return fileType | guessedFlag;
}
