// A temporary folder of model files made by code, for tests of what finds and describes models.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringEntry, uint32Entry, float32Entry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { buildGguf } from './build-gguf.ts';
import { adapterSafetensors, linearFactors } from './build-peft-adapter.ts';
import { buildSafetensors } from './build-safetensors.ts';

export const smallShape = { embedding: 32, feedForward: 64, vocabulary: 48 };

export interface LibraryFolder {
  readonly path: string;
  /** Writes a file (objects as JSON) and the folders above it. */
  write(name: string, content: Uint8Array | string | object): Promise<string>;
  link(target: string, name: string): Promise<void>;
  remove(): Promise<void>;
}

export async function libraryFolder(): Promise<LibraryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'library-'));
  const placed = async (name: string) => {
    await mkdir(dirname(join(path, name)), { recursive: true });
    return join(path, name);
  };
  return {
    path,
    async write(name, content) {
      const isText = typeof content === 'string' || content instanceof Uint8Array;
      const file = await placed(name);
      await writeFile(file, isText ? content : JSON.stringify(content));
      return file;
    },
    link: async (target, name) => symlink(target, await placed(name)),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** A one-block Llama as GGUF; `metadata` comes behind its own and may replace it. */
export function smallGguf(metadata: readonly GgufEntry[] = []): Uint8Array {
  const { embedding, feedForward, vocabulary } = smallShape;
  const own = [
    stringEntry('general.architecture', 'llama'),
    uint32Entry('general.file_type', 7),
    uint32Entry('llama.block_count', 1),
    uint32Entry('llama.context_length', 256),
    uint32Entry('llama.embedding_length', embedding),
    uint32Entry('llama.feed_forward_length', feedForward),
    uint32Entry('llama.attention.head_count', 2),
  ];
  const given = new Set(metadata.map(({ key }) => key));
  return buildGguf({
    metadata: [...own.filter(({ key }) => !given.has(key)), ...metadata],
    tensors: [
      { name: 'token_embd.weight', shape: [embedding, vocabulary], type: 'Q8_0' },
      { name: 'blk.0.attn_norm.weight', shape: [embedding] },
      ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].map((name) => ({
        name: `blk.0.${name}.weight`,
        shape: [embedding, embedding],
        type: 'Q8_0' as const,
      })),
      { name: 'blk.0.ffn_gate.weight', shape: [embedding, feedForward], type: 'Q8_0' },
      { name: 'blk.0.ffn_up.weight', shape: [embedding, feedForward], type: 'Q8_0' },
      { name: 'blk.0.ffn_down.weight', shape: [feedForward, embedding], type: 'Q8_0' },
      { name: 'output_norm.weight', shape: [embedding] },
    ],
  });
}

export const smallConfig = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: smallShape.embedding,
  intermediate_size: smallShape.feedForward,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 2,
  vocab_size: smallShape.vocabulary,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
};

/** Weights of `smallConfig`, embedding and one projection only: enough for what reads headers. */
export function smallWeights(): Uint8Array {
  const { embedding, vocabulary } = smallShape;
  const tensor = (name: string, shape: readonly [number, number]) => ({
    name,
    shape,
    dtype: 'BF16' as const,
    data: new Uint8Array(shape[0] * shape[1] * 2),
  });
  return buildSafetensors([
    tensor('model.embed_tokens.weight', [vocabulary, embedding]),
    tensor('model.layers.0.self_attn.q_proj.weight', [embedding, embedding]),
  ]);
}

export const smallAdapterConfig = {
  peft_type: 'LORA',
  r: 4,
  lora_alpha: 8,
  base_model_name_or_path: 'someone/Small-Llama',
};

/** LoRA factors over the query projection; a wrong `width` fits no small model. */
export function smallAdapter(width = smallShape.embedding): Uint8Array {
  return adapterSafetensors(linearFactors('model.layers.0.self_attn.q_proj', [width, width, 4], 1));
}

/** The same as a GGUF. */
export function smallGgufAdapter(): Uint8Array {
  const { embedding } = smallShape;
  return buildGguf({
    metadata: [
      stringEntry('general.architecture', 'llama'),
      stringEntry('general.type', 'adapter'),
      stringEntry('adapter.type', 'lora'),
      float32Entry('adapter.lora.alpha', 8),
      stringEntry('general.base_model.0.name', 'Small Llama'),
    ],
    tensors: [
      { name: 'blk.0.attn_q.weight.lora_a', shape: [embedding, 4] },
      { name: 'blk.0.attn_q.weight.lora_b', shape: [4, embedding] },
    ],
  });
}
