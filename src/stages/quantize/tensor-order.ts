// The order in which llama.cpp lists a model's tensors, and thus writes them: by layer number, then by name
// (weight_name_comparer in src/llama-model-loader.h).

/** The layer number that `sscanf(name, "blk.%d.")` finds, or -1. */
export function layerOf(name: string): number {
  const match = /^blk\.\s*([+-]?\d+)/.exec(name);
  return match === null ? -1 : Number(match[1]);
}

const encoder = new TextEncoder();

/** Compares two tensor names as llama.cpp does: layer numbers first (other tensors before layer 0), then their bytes. */
export function compareTensorNames(left: string, right: string): number {
  const layers = layerOf(left) - layerOf(right);
  if (layers !== 0) return layers;
  const [a, b] = [encoder.encode(left), encoder.encode(right)];
  const common = Math.min(a.length, b.length);
  for (let index = 0; index < common; index++) {
    const difference = a[index]! - b[index]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** A sorted copy. */
export function inTensorOrder<Item extends { readonly name: string }>(
  items: readonly Item[],
): Item[] {
  return [...items].sort((left, right) => compareTensorNames(left.name, right.name));
}
