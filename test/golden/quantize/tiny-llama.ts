// Tiny llama models made by code, for what Seedling does not have: experts, rows that fit no block, splits, strange values.
import { writeFile } from 'node:fs/promises';
import { buildGguf, type TestTensor } from '#test/helpers/build-gguf.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';
import { float32Entry, stringEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';

export interface TinyLlama {
  readonly layers?: number;
  readonly hidden?: number;
  readonly feedForward?: number;
  readonly vocabulary?: number;
  /** With experts the feed-forward tensors are 3-D. */
  readonly experts?: number;
  readonly tied?: boolean;
  /** Values of a tensor; seeded random ones when absent. */
  readonly values?: (name: string, count: number) => Float32Array;
}

export function tinyLlamaMetadata({
  layers = 2,
  hidden = 256,
  feedForward = 256,
  experts = 0,
}: TinyLlama = {}): GgufEntry[] {
  return [
    stringEntry('general.architecture', 'llama'),
    stringEntry('general.name', 'tiny'),
    uint32Entry('llama.block_count', layers),
    uint32Entry('llama.context_length', 64),
    uint32Entry('llama.embedding_length', hidden),
    uint32Entry('llama.feed_forward_length', feedForward),
    uint32Entry('llama.attention.head_count', 4),
    uint32Entry('llama.attention.head_count_kv', 2),
    float32Entry('llama.attention.layer_norm_rms_epsilon', 1e-5),
    ...(experts === 0
      ? []
      : [uint32Entry('llama.expert_count', experts), uint32Entry('llama.expert_used_count', 2)]),
  ];
}

export function tinyLlamaTensors(options: TinyLlama = {}): TestTensor[] {
  const { layers = 2, hidden = 256, feedForward = 256, vocabulary = 48, experts = 0 } = options;
  const values = options.values ?? ((name, count) => seededFloats(seedOf(name), count));
  const tensor = (name: string, shape: number[]): TestTensor => ({
    name,
    shape,
    data: values(name, shape.reduce((product, size) => product * size, 1)), // prettier-ignore
  });
  const feedForwardTensors = (layer: number): TestTensor[] => {
    const name = (part: string) => `blk.${layer}.ffn_${part}.weight`;
    if (experts === 0) {
      return [
        tensor(name('gate'), [hidden, feedForward]),
        tensor(name('up'), [hidden, feedForward]),
        tensor(name('down'), [feedForward, hidden]),
      ];
    }
    return [
      tensor(name('gate_inp'), [hidden, experts]),
      tensor(name('gate_exps'), [hidden, feedForward, experts]),
      tensor(name('up_exps'), [hidden, feedForward, experts]),
      tensor(name('down_exps'), [feedForward, hidden, experts]),
    ];
  };
  const layer = (index: number): TestTensor[] => [
    tensor(`blk.${index}.attn_norm.weight`, [hidden]),
    tensor(`blk.${index}.attn_q.weight`, [hidden, hidden]),
    tensor(`blk.${index}.attn_k.weight`, [hidden, hidden / 2]),
    tensor(`blk.${index}.attn_v.weight`, [hidden, hidden / 2]),
    tensor(`blk.${index}.attn_output.weight`, [hidden, hidden]),
    tensor(`blk.${index}.ffn_norm.weight`, [hidden]),
    ...feedForwardTensors(index),
  ];
  return [
    tensor('token_embd.weight', [hidden, vocabulary]),
    tensor('output_norm.weight', [hidden]),
    ...((options.tied ?? true) ? [] : [tensor('output.weight', [hidden, vocabulary])]),
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
  ];
}

export async function writeTinyLlama(path: string, options: TinyLlama = {}): Promise<void> {
  const metadata = tinyLlamaMetadata(options);
  await writeFile(path, buildGguf({ metadata, tensors: tinyLlamaTensors(options) }));
}

/** An importance matrix with random positive weights for every matrix of a tiny model. */
export function tinyImportance(options: TinyLlama = {}): ReadonlyMap<string, Float32Array> {
  return new Map(
    tinyLlamaTensors(options)
      .filter(({ shape, name }) => shape.length > 1 && name !== 'token_embd.weight')
      .map(({ name, shape }) => {
        const count = (shape[0] ?? 1) * (shape[2] ?? 1);
        return [name, seededFloats(seedOf(name) + 1, count).map((value) => value * value * 10)];
      }),
  );
}

export function seedOf(name: string): number {
  return [...name].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) | 0, 7);
}
