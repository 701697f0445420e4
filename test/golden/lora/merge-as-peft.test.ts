// Merged weights equal what PEFT 0.18 itself computes (make-peft-references.py), through the whole chain: reading the
// folder, patterns, mapping to GGUF with its transforms, and the row arithmetic.
import { describe, expect, it } from 'vitest';
import type { HuggingFaceConfig } from '#src/architectures/hugging-face-config.ts';
import { configureArchitecture } from '#src/architectures/registry.ts';
import type { CheckpointTensor, WeightDtype } from '#src/formats/checkpoint-tensor.ts';
import { stringEntry } from '#src/formats/gguf/entries.ts';
import { openPeftAdapter } from '#src/formats/lora/open-peft-adapter.ts';
import { rowCountOf, type ModelView, type TensorView } from '#src/model/model-view.ts';
import { convertedTensor } from '#src/stages/convert/tensors/converted-tensor.ts';
import { WholeTensorCache } from '#src/stages/convert/tensors/transposed-rows.ts';
import { combineRows } from '#src/stages/merge/combine-rows.ts';
import { mergeAdapters } from '#src/stages/merge/merge-adapters.ts';
import type { MergeOptions } from '#src/stages/merge/merge-options.ts';
import { readFloats } from '#test/helpers/build-base-model.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';
import { caseFolder, type AdapterCase } from './case-folder.ts';
import references from './merged-by-peft.json' with { type: 'json' };
import casesFile from './peft-cases.json' with { type: 'json' };

interface MergeCase {
  readonly name: string;
  readonly base: string;
  readonly adapters: readonly AdapterCase[];
  readonly method?: string;
  readonly density?: number;
  readonly weight?: number;
}

const bases: Readonly<Record<string, HuggingFaceConfig | undefined>> = casesFile.bases;
const expectedWeights: Readonly<Record<string, Record<string, string>>> = references.weights;

/** A model over checkpoint tensors in memory; `valuesOf` gives them by checkpoint name, in the checkpoint's layout. */
function modelOf(
  config: HuggingFaceConfig,
  valuesOf: (name: string, index: number, length: number) => Float32Array,
): ModelView {
  const architecture = configureArchitecture(config);
  const tensors = architecture.expectedTensors
    .filter(({ presence }) => presence === 'required')
    .sort((left, right) => (left.checkpointName < right.checkpointName ? -1 : 1))
    .map(({ checkpointName, shape }, index): TensorView => {
      const mapping = architecture.mapTensor(checkpointName);
      if (mapping.kind !== 'tensor') throw new Error(`${checkpointName} is not mapped`);
      const isTransposed = mapping.transforms.some(({ op }) => op === 'transpose');
      const values = valuesOf(
        checkpointName,
        index,
        shape.reduce((a, b) => a * b, 1),
      );
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const stored: CheckpointTensor<WeightDtype> = {
        name: checkpointName,
        dtype: 'F32',
        shape: isTransposed ? shape : [...shape].reverse(),
        byteLength: bytes.byteLength,
        read(offset, target) {
          target.set(bytes.subarray(offset, offset + target.byteLength));
          return Promise.resolve();
        },
      };
      return convertedTensor(stored, mapping, { cache: new WholeTensorCache() });
    });
  return {
    label: 'base',
    architecture: architecture.ggufName,
    metadata: [
      stringEntry('general.architecture', architecture.ggufName),
      ...architecture.metadata({ fileType: 0 }),
    ],
    tensors,
    close: () => Promise.resolve(),
  };
}

function optionsOf({ method, density }: MergeCase): MergeOptions {
  if (method === undefined) return { method: 'sum' };
  if (method !== 'ties' || density === undefined) throw new Error(`Unknown method ${method}`);
  return { method, density };
}

async function mergedFloats(tensor: TensorView): Promise<Float32Array> {
  const rows = await readFloats(tensor);
  const combination = await tensor.loadCombination?.();
  if (combination !== undefined) {
    combineRows(rows, 0, rowCountOf(tensor.shape), tensor.shape[0] ?? 1, combination);
  }
  return rows;
}

describe('merging equals PEFT', () => {
  it('has references for every case', () => {
    expect(Object.keys(expectedWeights)).toEqual(casesFile.cases.map(({ name }) => name));
  });

  it.each(casesFile.cases as MergeCase[])('for $name', async (mergeCase) => {
    const config = bases[mergeCase.base];
    const changed = expectedWeights[mergeCase.name];
    if (config === undefined || changed === undefined) throw new Error('Incomplete case');
    const seeded = (_: string, index: number, length: number) => seededFloats(1000 + index, length);
    const wanted = modelOf(config, (name, index, length) => {
      const encoded = changed[name];
      if (encoded === undefined) return seeded(name, index, length);
      return new Float32Array(Uint8Array.from(Buffer.from(encoded, 'base64')).buffer);
    });
    const adapters = await Promise.all(
      mergeCase.adapters.map(async (adapter, index) => ({
        adapter: await openPeftAdapter(caseFolder(adapter, 100 * index)),
        weight: mergeCase.weight ?? 1,
      })),
    );
    const base = modelOf(config, seeded);
    const merged = await mergeAdapters(base, adapters, optionsOf(mergeCase));

    let differing = 0;
    for (const [index, tensor] of merged.tensors.entries()) {
      const [actual, expected] = [
        await mergedFloats(tensor),
        await mergedFloats(wanted.tensors[index]!),
      ];
      const before = await mergedFloats(base.tensors[index]!);
      if (expected.some((value, position) => value !== before[position])) differing++;
      const error = actual.reduce(
        (most, value, position) =>
          Math.max(most, Math.abs(value - expected[position]!) / (1 + Math.abs(value))),
        0,
      );
      // PEFT's matrix product adds in another order and scales the product, not each step: some units in the last place
      expect([tensor.name, error < 1e-6]).toEqual([tensor.name, true]);
    }
    expect(differing).toBe(Object.keys(changed).length);
  });
});
