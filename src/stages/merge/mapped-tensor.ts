// A tensor that an adapter trained whole (`modules_to_save`), at its place in the base.
import type { TensorTransform } from '#src/architectures/architecture.ts';
import type { CheckpointTensor, WeightDtype } from '#src/formats/checkpoint-tensor.ts';

/** A whole tensor that replaces the base's. */
export interface MappedTensor {
  readonly tensor: CheckpointTensor<WeightDtype>;
  readonly target: string;
  /** From the checkpoint's layout to the GGUF's. */
  readonly transforms: readonly TensorTransform[];
}
