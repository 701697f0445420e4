// Plans the file that `merge` writes: a merged model rounded once, to one type.
import { uint32Entry } from '#src/formats/gguf/entries.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { isQuantizedType } from '#src/tensors/ggml-types.ts';
import { fileTypeOf, plannedType, type ConvertedType } from '../convert/outtype.ts';
import { makeOutputPlan, type OutputPlan } from '../quantize/output-plan.ts';
import { requantizedTensors, requantizeProblem } from '../quantize/plan-findings.ts';

/**
 * Matrices in `type`, everything else as a conversion to that type has it. A `type` that quantizes has the problem
 * `quantize/requantize` where tensors are quantized already, unless `allowRequantize`.
 */
export function planMerged(
  model: ModelView,
  type: ConvertedType,
  { allowRequantize = false }: { readonly allowRequantize?: boolean } = {},
): OutputPlan {
  const fileType = uint32Entry('general.file_type', fileTypeOf(type));
  const tensors = model.tensors.map((source) => ({
    source,
    name: source.name,
    type: plannedType(source.name, source.shape, type),
  }));
  const again = requantizedTensors(tensors).filter((tensor) => isQuantizedType(tensor.type));
  const refused = !allowRequantize && again.length > 0;
  const hint =
    'Merge into the F32, F16 or BF16 base, write a float type (--outtype f16), or accept the loss with --allow-requantize.';
  return makeOutputPlan({
    label: type,
    metadata: model.metadata.map((entry) => (entry.key === fileType.key ? fileType : entry)),
    tensors,
    problems: refused ? [requantizeProblem(type, again, hint)] : [],
  });
}
