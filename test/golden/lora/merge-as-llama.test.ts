// Seedling's merged weights equal llama-export-lora's (make-references.py) to within its rounding: half a unit in the
// last place where that tool writes F16, its own order of additions where it writes F32.
import { describe, expect, it } from 'vitest';
import { openPeftAdapter } from '#src/formats/lora/open-peft-adapter.ts';
import { openFolder } from '#src/io/folder.ts';
import { elementCountOf, rowCountOf, type TensorView } from '#src/model/model-view.ts';
import { openHuggingFaceModel } from '#src/stages/convert/open-hugging-face-model.ts';
import { combineRows } from '#src/stages/merge/combine-rows.ts';
import { mergeAdapters } from '#src/stages/merge/merge-adapters.ts';
import { readTensorBytes } from '#test/helpers/build-base-model.ts';
import { decodeRows } from '#test/helpers/encode-rows.ts';
import references from './merged-by-llama.json' with { type: 'json' };

interface Merge {
  readonly model: string;
  readonly adapters: Readonly<Record<string, number | undefined>>;
  readonly tensors: Readonly<Record<string, { type: string; samples: string } | undefined>>;
}

const seedling = new URL('../../../assets/seedling/', import.meta.url).pathname;

async function mergedFloats(tensor: TensorView): Promise<Float32Array> {
  const count = elementCountOf(tensor.shape);
  const rows = decodeRows(await readTensorBytes(tensor), tensor.type, count);
  const combination = await tensor.loadCombination?.();
  if (combination !== undefined) {
    combineRows(rows, 0, rowCountOf(tensor.shape), tensor.shape[0] ?? 1, combination);
  }
  return rows;
}

/** numpy.linspace over the elements, truncated. */
function samplesOf(values: Float32Array, count: number): number[] {
  const step = (values.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, index) => values[Math.trunc(index * step)]!);
}

/** The distance to the next half-precision number, of normal and subnormal halves. */
function halfUnit(value: number): number {
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(value) || 2 ** -14)));
  return 2 ** (exponent - 10);
}

describe('merging equals llama-export-lora', () => {
  const merges = references.merges as unknown as Merge[];

  it.each(merges)('for $model with $adapters', async ({ model, adapters, tensors }) => {
    const base = await openHuggingFaceModel(await openFolder(seedling + model), {
      outtype: 'lossless',
    });
    const weighted = await Promise.all(
      Object.entries(adapters).map(async ([name, weight]) => ({
        adapter: await openPeftAdapter(await openFolder(seedling + name)),
        weight: weight ?? 1,
      })),
    );
    const merged = await mergeAdapters(base, weighted, { method: 'sum' });
    const touched = merged.tensors.filter((tensor) => tensor.loadCombination !== undefined);
    expect(touched.map(({ name }) => name).sort()).toEqual(Object.keys(tensors).sort());
    for (const tensor of touched) {
      const { type, samples } = tensors[tensor.name]!;
      const bytes = Uint8Array.from(Buffer.from(samples, 'base64'));
      const isHalf = type === 'F16';
      const expected = decodeRows(bytes, isHalf ? 'F16' : 'F32', bytes.length / (isHalf ? 2 : 4));
      const actual = samplesOf(await mergedFloats(tensor), expected.length);
      // Sums of a few products in F32, in another order
      const ownError = 4e-7;
      const worst = expected.reduce((most, value, index) => {
        const allowed = ownError * (0.25 + Math.abs(value)) + (isHalf ? halfUnit(value) / 2 : 0);
        return Math.max(most, Math.abs(actual[index]! - value) / allowed);
      }, 0);
      expect([tensor.name, worst <= 1, worst]).toEqual([tensor.name, true, worst]);
    }
    await merged.close();
  });
});
