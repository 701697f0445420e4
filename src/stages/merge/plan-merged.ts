// Plans the file that `merge` writes: a merged model rounded once, to one type.
import { uint32Entry } from '#src/formats/gguf/entries.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { fileTypeOf, plannedType, type ConvertedType } from '../convert/outtype.ts';
import { makeOutputPlan, type OutputPlan } from '../quantize/output-plan.ts';

/** Matrices in `type`, everything else as a conversion to that type has it. */
export function planMerged(model: ModelView, type: ConvertedType): OutputPlan {
  const fileType = uint32Entry('general.file_type', fileTypeOf(type));
  return makeOutputPlan({
    label: type,
    metadata: model.metadata.map((entry) => (entry.key === fileType.key ? fileType : entry)),
    tensors: model.tensors.map((source) => ({
      source,
      name: source.name,
      type: plannedType(source.name, source.shape, type),
    })),
  });
}
