// What is refused before anything is written, what is only reported, and how little is read.
import { describe, expect, it } from 'vitest';
import { buildHuggingFaceCases } from '#test/helpers/build-hugging-face-folder.ts';
import { buildSafetensors } from '#test/helpers/build-safetensors.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import { openHuggingFaceModel } from '#src/stages/convert/open-hugging-face-model.ts';

type Files = Record<string, Uint8Array | string | object>;

const cases = buildHuggingFaceCases();

function filesOf(name: string): Files {
  const found = cases[name];
  if (found === undefined) throw new Error(`There is no case ${name}`);
  return found.files;
}

async function errorOf(files: Files, folderName = 'folder', pre = 'gpt-2'): Promise<StudioError> {
  try {
    await openHuggingFaceModel(memoryFolder(files, folderName), { outtype: 'f16', pre });
  } catch (error) {
    if (error instanceof StudioError) return error;
    throw error;
  }
  throw new Error('the folder was accepted');
}

const smallConfig = {
  architectures: ['LlamaForCausalLM'],
  hidden_size: 8,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  vocab_size: 311,
  tie_word_embeddings: true,
};

const smallTensors = [
  { name: 'model.embed_tokens.weight', shape: [311, 8] },
  { name: 'model.norm.weight', shape: [8] },
  ...['q', 'k', 'v', 'o'].map((part) => ({
    name: `model.layers.0.self_attn.${part}_proj.weight`,
    shape: [8, 8],
  })),
  ...['gate', 'up', 'down'].map((part) => ({
    name: `model.layers.0.mlp.${part}_proj.weight`,
    shape: [8, 8],
  })),
  { name: 'model.layers.0.input_layernorm.weight', shape: [8] },
  { name: 'model.layers.0.post_attention_layernorm.weight', shape: [8] },
];

/** The smallest folder that is accepted, with other tensors or another configuration. */
function smallFolder(tensors: readonly object[] = smallTensors, config: object = {}): Files {
  return {
    'config.json': { ...smallConfig, ...config },
    'model.safetensors': buildSafetensors(tensors as typeof smallTensors),
    'tokenizer.model': filesOf('llama-untied')['tokenizer.model'] ?? '',
  };
}

describe('opening a Hugging Face folder', () => {
  it('accepts the smallest model', async () => {
    const model = await openHuggingFaceModel(memoryFolder(smallFolder()), { outtype: 'lossless' });
    expect(model).toMatchObject({ architecture: 'llama', matrixType: 'F32', notices: [] });
    expect(model.tensors).toHaveLength(11);
  });

  it('asks for config.json', async () => {
    expect(await errorOf({ 'model.safetensors': '' })).toMatchObject({
      code: 'huggingface/invalid',
      message: 'folder: there is no config.json.',
    });
  });

  it('asks for weights', async () => {
    const { 'config.json': config } = smallFolder();
    expect((await errorOf({ 'config.json': config ?? {} })).message).toContain('model.safetensors');
  });

  it('names a missing tensor', async () => {
    const error = await errorOf(smallFolder(smallTensors.slice(0, -1)));
    expect(error.code).toBe('architecture/mismatch');
    expect(error.message).toContain('model.layers.0.post_attention_layernorm.weight');
  });

  it('names a tensor that the family does not have', async () => {
    const error = await errorOf(smallFolder([...smallTensors, { name: 'model.extra.weight', shape: [2] }])); // prettier-ignore
    expect(error.code).toBe('architecture/mismatch');
    expect(error.message).toContain('model.extra.weight');
  });

  it('names a tensor of another shape, in the order in which it is stored', async () => {
    const tensors = smallTensors.map((tensor) =>
      tensor.name.includes('up_proj') ? { ...tensor, shape: [9, 8] } : tensor,
    );
    const error = await errorOf(smallFolder(tensors));
    expect(error.code).toBe('architecture/mismatch');
    expect(error.message).toContain('9 × 8, but config.json asks for 8 × 8');
  });

  it('names the stored shape of a transposed tensor', async () => {
    const error = await errorOf({
      ...filesOf('gpt2-bare'),
      'model.safetensors': buildSafetensors([{ name: 'h.0.mlp.c_fc.weight', shape: [48, 100] }]),
    });
    expect(error.message).toContain('48 × 100, but config.json asks for 48 × 192');
  });

  it('names two tensors for the same weights', async () => {
    const error = await errorOf(
      smallFolder([...smallTensors, { name: 'norm.weight', shape: [8] }]),
    );
    expect(error.message).toContain('"model.norm.weight"');
    expect(error.message).toContain('"norm.weight"');
  });

  it.each([
    ['vision_tower.encoder.weight', 'sees or hears'],
    ['model.layers.0.block_sparse_moe.experts.0.w1.weight', 'mixture of experts'],
  ])('says what the tensor %s means', async (name, reason) => {
    const error = await errorOf(smallFolder([...smallTensors, { name, shape: [2] }]));
    expect(error.code).toBe('architecture/unsupported');
    expect(error.message).toContain(reason);
  });

  it('refuses weights of 8 bits', async () => {
    const tensors = smallTensors.map((tensor) =>
      tensor.name.includes('up_proj') ? { ...tensor, dtype: 'F8_E4M3' } : tensor,
    );
    expect((await errorOf(smallFolder(tensors))).code).toBe('tensor/unsupported-type');
  });

  it('refuses a quantized folder and a reranker', async () => {
    const quantized = await errorOf({ ...smallFolder(), 'hf_quant_config.json': {} });
    expect(quantized.code).toBe('architecture/unsupported');
    const byName = await errorOf(filesOf('qwen3'), 'Qwen3-Reranker-0.6B', 'qwen2');
    expect(byName.message).toContain('rerankers');
    const byCard = await errorOf({ ...filesOf('qwen3'), 'README.md': '# Qwen3-Reranker-0.6B' });
    expect(byCard.message).toContain('rerankers');
  });

  it('says so when an untied output is missing, and goes on', async () => {
    const folder = memoryFolder(smallFolder(smallTensors, { tie_word_embeddings: false }));
    const { notices } = await openHuggingFaceModel(folder, { outtype: 'f16' });
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain('lm_head.weight');
  });

  it('ignores a broken generation_config.json and says so', async () => {
    const folder = memoryFolder({ ...smallFolder(), 'generation_config.json': '{"top_k": 5' });
    const { notices } = await openHuggingFaceModel(folder, { outtype: 'f16' });
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain('generation_config.json');
  });

  it('takes the name that it is given', async () => {
    const folder = memoryFolder(smallFolder(), 'some-folder-7B');
    const model = await openHuggingFaceModel(folder, { outtype: 'f16', modelName: 'Mine' });
    const value = (key: string) => model.metadata.find((entry) => entry.key === key)?.value.value;
    expect(value('general.name')).toBe('Mine');
    expect(value('general.basename')).toBe('some-folder');
  });

  it('stops when it is cancelled', async () => {
    const reason = new Error('cancelled by the test');
    const signal = AbortSignal.abort(reason);
    const opening = openHuggingFaceModel(memoryFolder(smallFolder()), { outtype: 'f16', signal });
    await expect(opening).rejects.toBe(reason);
  });

  it('closes every file, also when it refuses', async () => {
    for (const files of [smallFolder(), smallFolder(smallTensors.slice(1))]) {
      const counted = countedFolder(memoryFolder(files));
      await openHuggingFaceModel(counted.folder, { outtype: 'f16' }).then(
        (model) => model.close(),
        () => undefined,
      );
      expect(counted.open()).toBe(0);
    }
  });

  it('reads no weights before rows are asked for, and then only theirs', async () => {
    const counted = countedFolder(memoryFolder(filesOf('llama-tied')));
    const model = await openHuggingFaceModel(counted.folder, { outtype: 'f16', pre: 'llama-bpe' });
    const afterOpening = counted.read('model.safetensors');
    expect(afterOpening).toBeLessThan(8_192);
    for (const tensor of model.tensors) {
      if (tensor.name === 'rope_freqs.weight') continue;
      const before = counted.read('model.safetensors');
      const bytes = new Uint8Array(rowByteLength(tensor.type, tensor.shape[0] ?? 1));
      await tensor.readRows(0, 1, bytes);
      expect([tensor.name, counted.read('model.safetensors') - before]).toEqual([
        tensor.name,
        bytes.length,
      ]);
    }
    await model.close();
  });
});

/** A folder that counts its open files and the bytes that were read of each name. */
function countedFolder(folder: FolderPort) {
  let open = 0;
  const read = new Map<string, number>();
  const counted: FolderPort = {
    ...folder,
    async open(fileName) {
      const source = await folder.open(fileName);
      open++;
      const counting: ByteSource = {
        label: source.label,
        size: source.size,
        readInto(target, offset) {
          read.set(fileName, (read.get(fileName) ?? 0) + target.byteLength);
          return source.readInto(target, offset);
        },
        close() {
          open--;
          return source.close();
        },
      };
      return counting;
    },
  };
  return { folder: counted, open: () => open, read: (name: string) => read.get(name) ?? 0 };
}
