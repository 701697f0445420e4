// Leaving layers out, as llama-quantize --prune-layers does it (remap_layer in src/llama-quant.cpp): the layers behind a
// pruned one move up, and the block count falls. Refused where the rest of the metadata would no longer fit.
import { StudioError } from '#src/errors/studio-error.ts';
import { entryNumber } from '#src/formats/gguf/entries.ts';
import type { ModelView } from '#src/model/model-view.ts';

export interface LayerPruning {
  /** Sorted, each once. */
  readonly layers: readonly number[];
  readonly remainingLayers: number;
  /** The new name of a tensor, or undefined when its layer goes. */
  rename(name: string): string | undefined;
}

/** Arrays of fixed length that say nothing about single layers. */
const notPerLayer = ['rope.dimension_sections', 'classifier.output_labels'];

/** Checks a pruning against a model. Throws `quantize/prune`. */
export function planPruning(
  model: Pick<ModelView, 'architecture' | 'metadata'>,
  requested: readonly number[],
): LayerPruning | undefined {
  if (requested.length === 0) return undefined;
  const { architecture, metadata } = model;
  const blockCount = entryNumber(metadata, `${architecture}.block_count`);
  if (blockCount === undefined) {
    throw refused(`the model has no "${architecture}.block_count"`);
  }
  const layers = [...new Set(requested)].sort((left, right) => left - right);
  const outside = layers.find(
    (layer) => !Number.isInteger(layer) || layer < 0 || layer >= blockCount,
  );
  if (outside !== undefined) {
    throw refused(`there is no layer ${outside}; the model has layers 0 to ${blockCount - 1}`);
  }
  if (layers.length === blockCount) throw refused('no layer would remain');
  const perLayer = metadata.find(
    ({ key, value }) =>
      key.startsWith(`${architecture}.`) &&
      value.type === 'array' &&
      value.value.length === blockCount &&
      !notPerLayer.includes(key.slice(architecture.length + 1)),
  );
  if (perLayer !== undefined) {
    throw refused(
      `"${perLayer.key}" has one value per layer, which would no longer belong to the same layers`,
    );
  }
  return {
    layers,
    remainingLayers: blockCount - layers.length,
    rename: (name) => renameLayer(name, layers),
  };
}

function renameLayer(name: string, pruned: readonly number[]): string | undefined {
  // Like the reference, this finds the first "blk.N." anywhere in the name.
  const match = /blk\.(\d+)\./.exec(name);
  if (match === null) return name;
  const layer = Number(match[1]);
  if (pruned.includes(layer)) return undefined;
  const moved = layer - pruned.filter((other) => other < layer).length;
  const start = match.index + 'blk.'.length;
  return name.slice(0, start) + String(moved) + name.slice(start + match[1]!.length);
}

function refused(reason: string): StudioError {
  return new StudioError('quantize/prune', `These layers cannot be pruned: ${reason}.`, {
    hint: 'Choose other layers, or leave --prune-layers out.',
  });
}
