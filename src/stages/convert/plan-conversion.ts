// Plans the file that `convert` writes: the folder's metadata and tensors in the types of `--outtype`.
import { makeOutputPlan, type OutputPlan } from '../quantize/output-plan.ts';
import type { HuggingFaceModel } from './open-hugging-face-model.ts';

export function planConversion(model: HuggingFaceModel): OutputPlan {
  return makeOutputPlan({
    label: model.matrixType,
    metadata: model.metadata,
    tensors: model.tensors.map((source) => ({
      source,
      name: source.name,
      type: model.plannedTypes.get(source.name) ?? source.type,
    })),
    notices: model.notices,
  });
}
