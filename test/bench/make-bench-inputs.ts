// Makes the bench's own inputs: a BF16 llama with the shapes of TinyLlama-1.1B (10 of its 22 layers: 0.57 B parameters),
// random weights, a SentencePiece vocabulary of 32,000 pieces, and two LoRA adapters of rank 16 on all linear modules.
import { existsSync } from 'node:fs';
import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const hidden = 2048;
const feedForward = 5632;
/** Of the bench; 4 make a model of 0.3 B parameters. */
const benchLayers = 10;
const heads = 32;
const keyValueHeads = 4;
const vocabulary = 32000;
const rank = 16;
const keyValueWidth = (hidden / heads) * keyValueHeads;

/** A fast seeded generator (xorshift32); quality does not matter here, sameness does. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

interface TensorShape {
  name: string;
  rows: number;
  columns: number;
  /** Standard deviation of the weights; 1 with columns 0 stands for a norm of ones. */
  scale: number;
}

const projections = (layer: number): TensorShape[] => {
  const linear = (module: string, rows: number, columns: number): TensorShape => ({
    name: `model.layers.${layer}.${module}.weight`,
    rows,
    columns,
    scale: 0.02,
  });
  return [
    linear('self_attn.q_proj', hidden, hidden),
    linear('self_attn.k_proj', keyValueWidth, hidden),
    linear('self_attn.v_proj', keyValueWidth, hidden),
    linear('self_attn.o_proj', hidden, hidden),
    linear('mlp.gate_proj', feedForward, hidden),
    linear('mlp.up_proj', feedForward, hidden),
    linear('mlp.down_proj', hidden, feedForward),
  ];
};

/** BF16 bits of roughly normal numbers: the sum of four uniform bytes, shifted to mean 0. */
function fillNormalBfloat16(target: Uint16Array, scale: number, random: () => number): void {
  // Uniform bytes have a standard deviation of 73.9; four of them twice that.
  const unit = scale / 147.8;
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  for (let index = 0; index < target.length; index++) {
    const value = random();
    float[0] =
      ((value & 255) + ((value >>> 8) & 255) + ((value >>> 16) & 255) + (value >>> 24) - 510) *
      unit;
    target[index] = (bits[0] ?? 0) >>> 16;
  }
}

async function writeSafetensors(
  path: string,
  tensors: readonly TensorShape[],
  seed: number,
): Promise<void> {
  const random = createRandom(seed);
  let offset = 0;
  const header: Record<string, unknown> = {};
  for (const { name, rows, columns } of tensors) {
    const size = rows * Math.max(columns, 1) * 2;
    header[name] = {
      dtype: 'BF16',
      shape: columns === 0 ? [rows] : [rows, columns],
      data_offsets: [offset, offset + size],
    };
    offset += size;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const handle = await open(`${path}.partial`, 'w');
  try {
    await handle.write(Buffer.concat([length, padded]));
    for (const { rows, columns, scale } of tensors) {
      const values = new Uint16Array(rows * Math.max(columns, 1));
      if (columns === 0) values.fill(0x3f80);
      else fillNormalBfloat16(values, scale, random);
      await handle.write(Buffer.from(values.buffer));
    }
  } finally {
    await handle.close();
  }
  await rename(`${path}.partial`, path);
}

/** A SentencePiece model (protobuf) of 32,000 pieces: control, byte and made-up normal pieces with falling scores. */
function sentencePieceModel(): Buffer {
  const parts: Buffer[] = [];
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
  const piece = (text: string, score: number, type: number): void => {
    const bytes = Buffer.from(text);
    const scoreBytes = Buffer.alloc(4);
    scoreBytes.writeFloatLE(score);
    const body = Buffer.concat([
      Buffer.from([0x0a, ...varint(bytes.length)]),
      bytes,
      Buffer.from([0x15]),
      scoreBytes,
      Buffer.from([0x18, type]),
    ]);
    parts.push(Buffer.from([0x0a, ...varint(body.length)]), body);
  };
  piece('<unk>', 0, 2);
  piece('<s>', 0, 3);
  piece('</s>', 0, 3);
  for (let byte = 0; byte < 256; byte++)
    piece(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, 0, 6);
  for (let index = 259; index < vocabulary; index++)
    piece(`\u2581w${index.toString(36)}`, 258 - index, 1);
  // TrainerSpec (field 2): model_type (3) = BPE, vocab_size (4), byte_fallback (35); NormalizerSpec (field 3), empty.
  const trainer = Buffer.from([0x18, 2, 0x20, ...varint(vocabulary), 0x98, 0x02, 1]);
  parts.push(Buffer.from([0x12, ...varint(trainer.length)]), trainer, Buffer.from([0x1a, 0]));
  return Buffer.concat(parts);
}

export interface BenchInputs {
  base: string;
  adapters: readonly string[];
  parameters: number;
}

/** Creates the inputs in `folder` unless they are there. */
export async function makeBenchInputs(
  folder: string,
  layers: number = benchLayers,
): Promise<BenchInputs> {
  const base = join(folder, layers === benchLayers ? 'bench-llama-0.57b' : `bench-llama-${layers}`);
  await mkdir(base, { recursive: true });
  const tensors: TensorShape[] = [
    { name: 'model.embed_tokens.weight', rows: vocabulary, columns: hidden, scale: 0.02 },
    ...Array.from({ length: layers }, (_, layer) => [
      { name: `model.layers.${layer}.input_layernorm.weight`, rows: hidden, columns: 0, scale: 1 },
      ...projections(layer),
      {
        name: `model.layers.${layer}.post_attention_layernorm.weight`,
        rows: hidden,
        columns: 0,
        scale: 1,
      },
    ]).flat(),
    { name: 'model.norm.weight', rows: hidden, columns: 0, scale: 1 },
    { name: 'lm_head.weight', rows: vocabulary, columns: hidden, scale: 0.02 },
  ];
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: hidden,
    intermediate_size: feedForward,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    vocab_size: vocabulary,
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    hidden_act: 'silu',
    tie_word_embeddings: false,
    bos_token_id: 1,
    eos_token_id: 2,
    torch_dtype: 'bfloat16',
  };
  await writeFile(join(base, 'config.json'), JSON.stringify(config, null, 2));
  await writeFile(join(base, 'tokenizer.model'), sentencePieceModel());
  await writeFile(
    join(base, 'tokenizer_config.json'),
    JSON.stringify({
      tokenizer_class: 'LlamaTokenizer',
      bos_token: '<s>',
      eos_token: '</s>',
      unk_token: '<unk>',
      add_bos_token: true,
      add_eos_token: false,
    }),
  );
  const weights = join(base, 'model.safetensors');
  if (!existsSync(weights)) await writeSafetensors(weights, tensors, 1);
  const adapters: string[] = [];
  for (const [index, name] of ['first', 'second'].entries()) {
    const adapter = join(folder, `bench-adapter-${name}`);
    adapters.push(adapter);
    await mkdir(adapter, { recursive: true });
    const adapterConfig = {
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      base_model_name_or_path: base,
      r: rank,
      lora_alpha: 2 * rank,
      bias: 'none',
      fan_in_fan_out: false,
      target_modules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
    };
    await writeFile(join(adapter, 'adapter_config.json'), JSON.stringify(adapterConfig, null, 2));
    const factors = Array.from({ length: layers }, (_, layer) => projections(layer)).flat();
    const path = join(adapter, 'adapter_model.safetensors');
    if (existsSync(path)) continue;
    await writeSafetensors(
      path,
      factors.flatMap(({ name: weight, rows, columns }) => {
        const module = `base_model.model.${weight.replace(/\.weight$/, '')}`;
        return [
          { name: `${module}.lora_A.weight`, rows: rank, columns, scale: 0.02 },
          { name: `${module}.lora_B.weight`, rows, columns: rank, scale: 0.02 },
        ];
      }),
      100 + index,
    );
  }
  const parameters = tensors.reduce(
    (sum, { rows, columns }) => sum + rows * Math.max(columns, 1),
    0,
  );
  return { base, adapters, parameters };
}
