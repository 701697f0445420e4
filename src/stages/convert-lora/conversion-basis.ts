// What of a base decides the bytes of an adapter that is converted for it. All levels of one model give the same text, so
// that an adapter is converted once for all of them; a model of other shapes or head counts gives another one.
import type { GgufArray, GgufValue } from '#src/formats/gguf/types.ts';
import type { ModelView } from '#src/model/model-view.ts';

/** Raised whenever the same adapter and base would give another file. */
export const loraConverterVersion = 1;

/**
 * The converter's version, the architecture with its own metadata (`llama.*`), and names and shapes of the tensors, as
 * JSON. Weights and their types do not count: only names and shapes are read of a base (`baseOfModel`).
 */
export function conversionBasis(
  model: Pick<ModelView, 'architecture' | 'metadata' | 'tensors'>,
): string {
  const { architecture } = model;
  const own = model.metadata.filter(({ key }) => key.startsWith(`${architecture}.`));
  return JSON.stringify({
    version: loraConverterVersion,
    architecture,
    metadata: own.map(({ key, value }) => [key, plain(value)]).toSorted(byName),
    tensors: model.tensors.map(({ name, shape }) => [name, shape]).toSorted(byName),
  });
}

function byName([left]: readonly unknown[], [right]: readonly unknown[]): number {
  return String(left) < String(right) ? -1 : 1;
}

function plain(value: GgufValue): unknown {
  if (value.type === 'array') return plainArray(value);
  return typeof value.value === 'bigint' ? value.value.toString() : value.value;
}

function plainArray(array: GgufArray): unknown[] {
  if (array.elementType === 'array') return array.value.map(plainArray);
  return Array.from<number | bigint | boolean | string, unknown>(array.value, (element) =>
    typeof element === 'bigint' ? element.toString() : element,
  );
}
