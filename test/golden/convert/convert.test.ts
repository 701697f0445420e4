// Equality with convert_hf_to_gguf.py: every metadata entry in order, every tensor in order and byte by byte, for each
// architecture and output type. Nothing is excepted. The references beside this file come from make-reference.py.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { buildHuggingFaceCases } from '#test/helpers/build-hugging-face-folder.ts';
import { bytePairSize } from '#test/helpers/build-tokenizer-files.ts';
import { decodeRows, encodeRows } from '#test/helpers/encode-rows.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { openFolder } from '#src/io/folder.ts';
import { elementCountOf, rowCountOf, type TensorView } from '#src/model/model-view.ts';
import { describeArchitectureTensors } from '#src/stages/convert/describe-tensors.ts';
import {
  openHuggingFaceModel,
  type HuggingFaceModel,
} from '#src/stages/convert/open-hugging-face-model.ts';
import { rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import type { HuggingFaceConfig } from '#src/architectures/hugging-face-config.ts';

const outtypes = ['f32', 'f16', 'bf16', 'q8_0'] as const;
type ReferenceOuttype = (typeof outtypes)[number];

/** Type, SHA-256 of all bytes, and 8 hexadecimal digits of that of each sixteenth. */
type ReferenceHashes = readonly [GgmlType, string, string];

interface Reference {
  readonly auto: string;
  readonly fileTypes: Readonly<Record<ReferenceOuttype, number>>;
  readonly metadata: readonly (readonly [string, string, unknown])[];
  readonly tensors: readonly (Readonly<Record<ReferenceOuttype, ReferenceHashes>> & {
    readonly name: string;
    readonly shape: readonly number[];
  })[];
}

interface Case {
  readonly folder: () => Promise<FolderPort>;
  readonly pre?: string | undefined;
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

const cases = new Map<string, Case>(
  Object.entries(buildHuggingFaceCases()).map(([name, { files, folderName, pre }]) => [
    name,
    { folder: () => Promise.resolve(memoryFolder(files, folderName)), pre },
  ]),
);
for (const name of ['seedling-4m', 'seedling-gpt2-4m']) {
  cases.set(name, {
    folder: () => openFolder(path(`../../../assets/seedling/${name}`)),
    pre: 'gpt-2',
  });
}

/** [key, type, value] as make-reference.py writes it. */
function described({ key, value }: GgufEntry): readonly [string, string, unknown] {
  if (value.type !== 'array') {
    return [key, value.type, key === 'general.file_type' ? null : value.value];
  }
  const items: readonly unknown[] = Array.from(value.value as ArrayLike<unknown>);
  const kind = `${value.elementType}[]`;
  if (items.length <= 32) return [key, kind, items];
  const hash = createHash('sha256');
  for (const item of items) hash.update(encodedItem(item, value.elementType));
  return [
    key,
    kind,
    { length: items.length, sha256: hash.digest('hex'), first: items.slice(0, 4) },
  ];
}

function encodedItem(item: unknown, type: string): Uint8Array {
  if (typeof item === 'string') {
    const text = new TextEncoder().encode(item);
    const bytes = new Uint8Array(8 + text.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(text, 8);
    return bytes;
  }
  if (type === 'bool') return Uint8Array.of(item === true ? 1 : 0);
  return new Uint8Array((type === 'float32' ? Float32Array : Int32Array).of(Number(item)).buffer);
}

/** Reads in slabs of uneven height, so that no transform can rely on whole tensors. */
async function readTensor(tensor: TensorView): Promise<Float32Array> {
  const columns = tensor.shape[0] ?? 1;
  const rows = rowCountOf(tensor.shape);
  const values = new Float32Array(elementCountOf(tensor.shape));
  const slabHeights = [1, 3, 37, 1024];
  for (let first = 0, slab = 0; first < rows; slab++) {
    const count = Math.min(rows - first, slabHeights[Math.min(slab, 3)] ?? 1);
    const bytes = new Uint8Array(rowByteLength(tensor.type, columns) * count);
    await tensor.readRows(first, count, bytes);
    values.set(decodeRows(bytes, tensor.type, columns * count), first * columns);
    first += count;
  }
  return values;
}

/** Undefined when the bytes are the reference's, else where they first differ. */
function difference(bytes: Uint8Array, [, sha256, parts]: ReferenceHashes): string | undefined {
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return undefined;
  const size = Math.max(1, Math.ceil(bytes.length / 16));
  for (let start = 0; start < bytes.length; start += size) {
    const part = createHash('sha256').update(bytes.subarray(start, start + size));
    const known = parts.slice((start / size) * 8, (start / size) * 8 + 8);
    if (part.digest('hex').slice(0, 8) !== known) {
      return `differs between byte ${start} and ${Math.min(bytes.length, start + size)} of ${bytes.length}`;
    }
  }
  return `has ${bytes.length} bytes, which is not the reference's length`;
}

describe.each([...cases])('converting %s', (name, { folder, pre }) => {
  const reference = JSON.parse(readFileSync(path(`${name}.json`), 'utf8')) as Reference;
  const options = pre === undefined ? {} : { pre };
  const opened: HuggingFaceModel[] = [];
  const open = async (outtype: ReferenceOuttype | 'auto' | 'lossless') => {
    const model = await openHuggingFaceModel(await folder(), { outtype, ...options });
    opened.push(model);
    return model;
  };
  afterAll(async () => {
    await Promise.all(opened.map((model) => model.close()));
  });

  it('gives the reference metadata in its order', async () => {
    const model = await open('f16');
    expect(model.metadata.map(described)).toEqual(reference.metadata);
  });

  it('gives the reference tensors in its order, byte for byte in every output type', async () => {
    const model = await open('lossless');
    expect(model.tensors.map(({ name: tensor, shape }) => ({ name: tensor, shape }))).toEqual(
      reference.tensors.map(({ name: tensor, shape }) => ({ name: tensor, shape })),
    );
    const planned = await Promise.all(
      outtypes.map(async (outtype) => [outtype, (await open(outtype)).plannedTypes] as const),
    );
    for (const [index, tensor] of model.tensors.entries()) {
      const values = await readTensor(tensor);
      for (const [outtype, types] of planned) {
        const expected = reference.tensors[index]?.[outtype];
        if (expected === undefined) throw new Error(`${name}.json has no ${outtype}`);
        const where = `${tensor.name} as ${outtype}`;
        expect(`${where}: ${types.get(tensor.name) ?? 'no type'}`).toBe(`${where}: ${expected[0]}`);
        const bytes = encodeRows(values, expected[0]);
        expect(`${where}: ${difference(bytes, expected) ?? 'equal'}`).toBe(`${where}: equal`);
      }
    }
  });

  it('writes the file type of the output type and chooses as --outtype auto does', async () => {
    for (const outtype of outtypes) {
      const { metadata } = await open(outtype);
      const value = metadata.find(({ key }) => key === 'general.file_type')?.value;
      expect(value).toEqual({ type: 'uint32', value: reference.fileTypes[outtype] });
    }
    expect((await open('auto')).matrixType).toBe(reference.auto);
  });

  it('holds every tensor exactly in the lossless type', async () => {
    const model = await open('lossless');
    for (const tensor of model.tensors) {
      const values = await readTensor(tensor);
      const type = model.plannedTypes.get(tensor.name) ?? 'F32';
      const again = decodeRows(encodeRows(values, type), type, values.length);
      expect(Buffer.compare(Buffer.from(again.buffer), Buffer.from(values.buffer))).toBe(0);
    }
  });

  it('is described by config.json alone', async () => {
    const source = await (await folder()).open('config.json');
    const bytes = new Uint8Array(source.size);
    await source.readInto(bytes, 0);
    await source.close();
    const config = JSON.parse(new TextDecoder().decode(bytes)) as HuggingFaceConfig;
    const model = await open('lossless');
    const real = model.tensors.map((tensor) => ({
      name: tensor.name,
      shape: tensor.shape,
      type: model.plannedTypes.get(tensor.name),
    }));
    const described = describeArchitectureTensors(config);
    if (name === 'gemma3-trimmed') {
      // How far the padded embedding is cut is in tokenizer.json.
      const uncut = (tensor: (typeof real)[number]) =>
        tensor.name === 'token_embd.weight'
          ? { ...tensor, shape: [64, bytePairSize + 12] }
          : tensor;
      expect(described).toEqual(real.map(uncut));
      return;
    }
    if (name === 'gpt2-pytorch') {
      // pytorch_model.bin keeps the order of saving and stores the tied output, which config.json cannot say.
      const byName = (left: { name: string }, right: { name: string }) =>
        left.name < right.name ? -1 : 1;
      expect([...described].sort(byName)).toEqual(
        real.filter((tensor) => tensor.name !== 'output.weight').sort(byName),
      );
      return;
    }
    if (name === 'llama-untied') {
      // Two files: each is sorted, the whole is not.
      expect(new Set(described.map(({ name: tensor }) => tensor))).toEqual(
        new Set(real.map(({ name: tensor }) => tensor)),
      );
      return;
    }
    expect(described).toEqual(real);
  });
});
