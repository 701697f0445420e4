// The level `as-is`: every tensor keeps its type and bytes and the metadata stays as it is. Bundled parents of GGUFs that
// are already quantized are made so.
import { StudioError } from '#src/errors/studio-error.ts';
import { withEntry, withoutEntry } from '#src/formats/gguf/entries.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { makeOutputPlan, type OutputPlan } from './output-plan.ts';
import type { QuantizeOptions } from './quantize-options.ts';
import { splitKeys } from './quantized-metadata.ts';

/** Plans a copy. Throws `quantize/failed` for merged tensors, which have no bytes to keep. */
export function planAsIs(model: ModelView, options: QuantizeOptions = {}): OutputPlan {
  const merged = model.tensors.find(({ loadCombination }) => loadCombination !== undefined);
  if (merged !== undefined) {
    throw new StudioError(
      'quantize/failed',
      `Level as-is keeps tensors as they are, but ${merged.name} is merged with an adapter.`,
      {
        hint: 'Choose a level for merged outputs, or bundle the adapters instead of merging them.',
      },
    );
  }
  if ((options.pruneLayers ?? []).length > 0) {
    throw new StudioError('quantize/prune', 'Level as-is keeps every layer.', {
      hint: 'Use level COPY to prune without quantizing.',
    });
  }
  // The parts of a split become one file.
  const whole = splitKeys.reduce(withoutEntry, model.metadata);
  return makeOutputPlan({
    label: 'as-is',
    metadata: (options.overrides ?? []).reduce(withEntry, whole),
    tensors: model.tensors.map((source) => ({ source, name: source.name, type: source.type })),
  });
}
