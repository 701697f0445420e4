// Which tensors are judged together: probing every tensor of a large model by itself would take hundreds of measurements,
// so tensors of one kind and one third of the depth share a sensitivity (quantization.md 2.6).

/** What a tensor is for, as far as allocation treats it differently. */
export type TensorRole = 'embedding' | 'output' | 'attention' | 'feed-forward' | 'other';

/** Up to this many tensors, each is a group of its own: no more probes than the groups of a large model need. */
export const singlyProbed = 40;

/** Layer number and kind of `blk.12.ffn_down.weight`; without a layer for tensors outside the blocks. */
export function placeOfTensor(name: string): { layer: number | undefined; category: string } {
  const match = /^blk\.(\d{1,6})\.(.+?)(?:\.weight)?$/.exec(name);
  if (match === null) return { layer: undefined, category: name.replace(/\.weight$/, '') };
  return { layer: Number(match[1]), category: match[2] ?? name };
}

export function roleOfTensor(name: string): TensorRole {
  const { layer, category } = placeOfTensor(name);
  if (layer === undefined) {
    if (category === 'output') return 'output';
    return category.endsWith('token_embd') ? 'embedding' : 'other';
  }
  if (category.startsWith('attn')) return 'attention';
  return category.startsWith('ffn') ? 'feed-forward' : 'other';
}

/**
 * Tensor name -> group, in the tensors' order: `token_embd`, `output`, `first block`, `last block`, and for the blocks
 * between `attn_q early|middle|late`. Small models get one group per tensor.
 */
export function groupTensors(names: readonly string[]): ReadonlyMap<string, string> {
  if (names.length <= singlyProbed) {
    return new Map(names.map((name) => [name, name.replace(/\.weight$/, '')]));
  }
  const layers = names.flatMap((name) => placeOfTensor(name).layer ?? []);
  const last = layers.reduce((most, layer) => Math.max(most, layer), 0);
  return new Map(names.map((name) => [name, groupOf(name, last)]));
}

function groupOf(name: string, last: number): string {
  const { layer, category } = placeOfTensor(name);
  if (layer === undefined) return category;
  if (layer === 0) return 'first block';
  if (layer === last) return 'last block';
  const third = Math.floor((3 * layer) / (last + 1));
  return `${category} ${['early', 'middle', 'late'][third] ?? 'late'}`;
}
