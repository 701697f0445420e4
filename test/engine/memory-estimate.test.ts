// The estimate of the library against what llama.cpp allocates, for models of every kind of layer that it knows. The
// cache is exact; the compute buffer holds within 10 %.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MemoryEstimate } from '#src/contract/library.ts';
import { encodeGgufHeader } from '#src/formats/gguf/write-header.ts';
import {
  stringEntry,
  float32ArrayEntry,
  int32ArrayEntry,
  stringArrayEntry,
} from '#src/formats/gguf/entries.ts';
import { readJsonObject } from '#src/formats/huggingface/read-json.ts';
import { openFolder } from '#src/io/folder.ts';
import { estimateMemory } from '#src/stages/library/memory-estimate.ts';
import { modelFromConfig } from '#src/stages/sizes/model-from-config.ts';
import { tensorByteLength } from '#src/tensors/ggml-types.ts';
import { libraryFolder, type LibraryFolder } from '#test/helpers/library-files.ts';
import { openMemoryMeter, type MemoryMeter } from '#test/helpers/measure-memory.ts';

const llama = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 1024,
  intermediate_size: 4096,
  num_hidden_layers: 20,
  num_attention_heads: 16,
  num_key_value_heads: 4,
  vocab_size: 8_000,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: false,
};

const gemma = {
  hidden_size: 1024,
  intermediate_size: 4096,
  num_hidden_layers: 8,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  vocab_size: 2000,
  max_position_embeddings: 8192,
  sliding_window: 1024,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  query_pre_attn_scalar: 256,
  hidden_activation: 'gelu_pytorch_tanh',
};

/** Context sizes by model; a file of 0.3 B parameters is `llama` here. */
const cases: readonly [name: string, config: Readonly<Record<string, unknown>>, contexts: number[]][] = [
  ['llama of 0.3 B', llama, [4096, 1000]],
  ['llama with a large vocabulary', { ...llama, num_hidden_layers: 2, vocab_size: 40_000 }, [4096]],
  ['llama with wide layers', { ...llama, num_hidden_layers: 2, vocab_size: 1000, intermediate_size: 16_384 }, [4096]],
  ['gpt2', { architectures: ['GPT2LMHeadModel'], model_type: 'gpt2', n_embd: 1024, n_layer: 4, n_head: 16, n_positions: 2048, n_ctx: 2048, vocab_size: 1000, layer_norm_epsilon: 1e-5 }, [2048]],
  ['gemma2 (windows, capped scores)', { ...gemma, architectures: ['Gemma2ForCausalLM'], model_type: 'gemma2', attn_logit_softcapping: 50, final_logit_softcapping: 30 }, [4096, 2048]],
  ['gemma3 (windows in five of six layers)', { ...gemma, architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text', rope_local_base_freq: 10_000, sliding_window: 512, num_hidden_layers: 12 }, [4096]],
]; // prettier-ignore

let meter: MemoryMeter;
let folder: LibraryFolder;
beforeAll(async () => {
  [meter, folder] = await Promise.all([openMemoryMeter(), libraryFolder()]);
});
afterAll(async () => {
  await meter.dispose();
  await folder.remove();
});

/** Writes the header of a model with this configuration; its weights are a hole. Gives its estimate. */
async function writeHollow(
  name: string,
  config: Readonly<Record<string, unknown>>,
): Promise<{ path: string; estimate: (contextSize: number) => MemoryEstimate | undefined }> {
  const model = modelFromConfig(config, name);
  const size = config['vocab_size'] as number;
  const token = (index: number) =>
    index < 3
      ? ['<unk>', '<s>', '</s>'][index]!
      : index < 259
        ? `<0x${(index - 3).toString(16).toUpperCase().padStart(2, '0')}>`
        : `t${index}`;
  const metadata = [
    ...model.metadata.filter(({ key }) => !key.endsWith('.vocab_size')),
    stringEntry('tokenizer.ggml.model', 'llama'),
    stringArrayEntry(
      'tokenizer.ggml.tokens',
      Array.from({ length: size }, (_, at) => token(at)),
    ),
    float32ArrayEntry('tokenizer.ggml.scores', new Float32Array(size)),
    int32ArrayEntry(
      'tokenizer.ggml.token_type',
      Int32Array.from({ length: size }, (_, at) => (at === 0 ? 2 : at < 3 ? 3 : at < 259 ? 6 : 1)),
    ),
  ];
  const tensors = model.tensors.map((tensor) => {
    const type = tensor.shape.length > 1 ? ('F16' as const) : ('F32' as const);
    const { shape } = tensor;
    return { name: tensor.name, shape, type, byteLength: tensorByteLength(type, shape) };
  });
  const header = encodeGgufHeader({ version: 3, metadata, tensors, alignment: 32 });
  const path = join(folder.path, `${name.replaceAll(/\W/g, '')}.gguf`);
  const file = await open(path, 'w');
  await file.write(header.bytes);
  await file.truncate(header.fileSize);
  await file.close();
  const sized = { architecture: model.architecture, metadata, tensors };
  return { path, estimate: (contextSize) => estimateMemory(sized, contextSize) };
}

async function compare(
  name: string,
  config: Readonly<Record<string, unknown>>,
  contexts: readonly number[],
): Promise<void> {
  const { path, estimate } = await writeHollow(name, config);
  for (const contextSize of contexts) {
    const measured = await meter.measure(path, contextSize);
    const estimated = estimate(contextSize);
    expect(estimated, name).toBeDefined();
    if (estimated === undefined) return;
    expect(estimated.cacheBytes, `${name}: cache`).toBe(measured.cacheBytes);
    // llama.cpp counts whole pages of the mapped file.
    expect(estimated.weightsBytes / measured.weightsBytes, `${name}: weights`).toBeCloseTo(1, 1);
    const ratio = estimated.computeBytes / measured.computeBytes;
    expect(ratio, `${name}: compute, ${measured.computeBytes} measured`).toBeGreaterThan(0.9);
    expect(ratio, `${name}: compute, ${measured.computeBytes} measured`).toBeLessThan(1.1);
  }
}

describe('estimated memory', () => {
  it.each(cases)('of %s is what llama.cpp allocates', async (name, config, contexts) => {
    await compare(name, config, contexts);
  });

  it.each(['seedling-4m', 'seedling-gpt2-4m'])('of %s is, too', async (name) => {
    const seedling = new URL(`../../assets/seedling/${name}/`, import.meta.url).pathname;
    const config = await readJsonObject(await openFolder(seedling), 'config.json');
    const trained = config['max_position_embeddings'] ?? config['n_positions'];
    await compare(name, config, [trained as number]);
  });
});
