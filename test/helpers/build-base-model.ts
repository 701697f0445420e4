// Small base models as GGUFs in memory, for tests of everything that adapters are applied to.
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { stringEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import { openGgufModel } from '#src/model/gguf-model.ts';
import type { ModelView, TensorView } from '#src/model/model-view.ts';
import { rowCountOf } from '#src/model/model-view.ts';
import { tensorByteLength } from '#src/tensors/ggml-types.ts';
import { buildGguf, type TestTensor } from './build-gguf.ts';
import { seededFloats } from './seeded-floats.ts';

export const smallLlama = {
  embedding: 8,
  feedForward: 12,
  vocabulary: 6,
  heads: 2,
  keyValueHeads: 1,
  keyValueRows: 4,
};

/** One block of Llama with random F32 weights; all shapes differ, so that mix-ups show. */
export async function buildSmallLlama(options: { tied?: boolean } = {}): Promise<ModelView> {
  const { embedding, feedForward, vocabulary, keyValueRows } = smallLlama;
  const shapes: Record<string, number[]> = {
    'token_embd.weight': [embedding, vocabulary],
    'blk.0.attn_norm.weight': [embedding],
    'blk.0.attn_q.weight': [embedding, embedding],
    'blk.0.attn_k.weight': [embedding, keyValueRows],
    'blk.0.attn_v.weight': [embedding, keyValueRows],
    'blk.0.attn_output.weight': [embedding, embedding],
    'blk.0.ffn_gate.weight': [embedding, feedForward],
    'blk.0.ffn_up.weight': [embedding, feedForward],
    'blk.0.ffn_down.weight': [feedForward, embedding],
    'output_norm.weight': [embedding],
    ...(options.tied === true ? {} : { 'output.weight': [embedding, vocabulary] }),
  };
  const tensors = Object.entries(shapes).map(([name, shape], index): TestTensor => ({
    name,
    shape,
    data: seededFloats(
      100 + index,
      shape.reduce((product, size) => product * size, 1),
    ),
  }));
  return openModel(
    buildGguf({
      metadata: [
        stringEntry('general.architecture', 'llama'),
        uint32Entry('general.file_type', 1),
        uint32Entry('llama.block_count', 1),
        uint32Entry('llama.embedding_length', embedding),
        uint32Entry('llama.feed_forward_length', feedForward),
        uint32Entry('llama.attention.head_count', smallLlama.heads),
        uint32Entry('llama.attention.head_count_kv', smallLlama.keyValueHeads),
      ],
      tensors,
    }),
    'base.gguf',
  );
}

export function openModel(file: Uint8Array, label = 'model.gguf'): Promise<ModelView> {
  return openGgufModel(memoryByteSource(file, label));
}

export function tensorNamed(model: ModelView, name: string): TensorView {
  const tensor = model.tensors.find((candidate) => candidate.name === name);
  if (tensor === undefined) throw new Error(`No tensor ${name}`);
  return tensor;
}

/** All rows as stored. */
export async function readTensorBytes(tensor: TensorView): Promise<Uint8Array> {
  const bytes = new Uint8Array(tensorByteLength(tensor.type, tensor.shape));
  await tensor.readRows(0, rowCountOf(tensor.shape), bytes);
  return bytes;
}

/** All rows of an F32 tensor. */
export async function readFloats(tensor: TensorView): Promise<Float32Array> {
  if (tensor.type !== 'F32') throw new Error(`${tensor.name} is ${tensor.type}`);
  return new Float32Array((await readTensorBytes(tensor)).buffer);
}
