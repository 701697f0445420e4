// How many tokens a chunk may have for a model. Beyond the trained window figures mean little; a model with learned positions
// (GPT-2) has no rows for them at all, and llama.cpp aborts its process there.
import { StudioError } from '#src/errors/studio-error.ts';
import { entryNumber } from '#src/formats/gguf/entries.ts';
import type { MeasuredModel } from './measured-model.ts';

/** The trained window; undefined where the file does not say. */
export function trainedContext({ subject, metadata }: MeasuredModel): number | undefined {
  return entryNumber(metadata, `${subject.architecture}.context_length`);
}

/** The context that all models can be measured with: what was asked, at most the smallest trained window. */
export function contextWithin(models: readonly MeasuredModel[], asked: number): number {
  return Math.min(asked, ...models.map((model) => trainedContext(model) ?? asked));
}

/** Throws `usage/invalid` when the model has learned positions and fewer of them than a chunk needs. */
export function refuseBeyondPositions(model: MeasuredModel, contextSize: number): void {
  const trained = trainedContext(model);
  const hasLearnedPositions = model.tensors.some(({ name }) => name === 'position_embd.weight');
  if (!hasLearnedPositions || trained === undefined || contextSize <= trained) return;
  throw new StudioError(
    'usage/invalid',
    `${model.subject.label} has learned positions for ${trained} tokens; chunks of ${contextSize} do not fit.`,
    {
      hint: `Use a context of ${trained} or less (-c ${trained}).`,
      details: { trained, contextSize },
    },
  );
}
