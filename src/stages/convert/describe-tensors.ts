// The tensors of a conversion from config.json alone: what `sizes` computes with before any weight is there.
import type { HuggingFaceConfig } from '#src/architectures/hugging-face-config.ts';
import { configureArchitecture } from '#src/architectures/registry.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import { plannedType, type ConvertedType } from './outtype.ts';

export interface TensorDescription {
  readonly name: string;
  /** In ggml order. */
  readonly shape: readonly number[];
  /** The type that the tensor has in a lossless conversion. */
  readonly type: GgmlType;
}

/**
 * Names, shapes and types in the order of a conversion from one safetensors file. Sharded checkpoints come in the order
 * of their parts, which only they know. Throws as `configureArchitecture` does.
 */
export function describeArchitectureTensors(config: HuggingFaceConfig): TensorDescription[] {
  const architecture = configureArchitecture(config);
  const matrixType = storedType(config);
  return [
    ...architecture.generatedTensors.map(({ name, values }) => ({ name, shape: [values.length] })),
    ...architecture.expectedTensors.filter(({ presence }) => presence === 'required'),
  ].map(({ name, shape }) => ({ name, shape, type: plannedType(name, shape, matrixType) }));
}

/** The element type that config.json announces (`torch_dtype`, since transformers 5 `dtype`); F32 when it does not. */
function storedType(config: HuggingFaceConfig): ConvertedType {
  const own = (key: string) => (Object.hasOwn(config, key) ? config[key] : undefined);
  switch (own('dtype') ?? own('torch_dtype')) {
    case 'bfloat16':
    case 'bf16':
      return 'BF16';
    case 'float16':
    case 'half':
    case 'f16':
      return 'F16';
    default:
      return 'F32';
  }
}
