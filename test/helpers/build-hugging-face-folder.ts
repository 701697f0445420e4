// Small random models as Hugging Face folders, one per architecture and variant that the converter reads. Built from
// seeds, so that test/golden/convert/make-reference.py converts the very folders that the tests open.
import { encodeBfloat16 } from '#src/tensors/bfloat16.ts';
import { encodeFloat16 } from '#src/tensors/float16.ts';
import { buildPytorchCheckpoint } from './build-pytorch-checkpoint.ts';
import { buildSafetensors } from './build-safetensors.ts';
import {
  bytePairSize,
  bytePairTokenizer,
  sentencePieceSize,
  sentencePieceTokenizer,
  slowBytePairTokenizer,
  wordPieceSize,
  wordPieceTokenizer,
  type FolderFiles,
} from './build-tokenizer-files.ts';
import { seededFloats } from './seeded-floats.ts';

export interface HuggingFaceCase {
  /** Name of the folder, which metadata falls back to. */
  readonly folderName: string;
  readonly files: FolderFiles;
  /** `--pre`, where the tokenizer's hash is unknown to the reference. */
  readonly pre?: string;
}

type Dtype = 'F32' | 'F16' | 'BF16' | 'U8' | 'I64';

interface Weight {
  readonly name: string;
  /** PyTorch order. */
  readonly shape: readonly number[];
  readonly dtype?: Dtype;
}

/** Not powers: their last bit may depend on the machine. */
const scales = [1, 0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/** Random values with magnitudes from 1e-7 to 1e2: subnormal halves and large values both occur. */
function weightBytes({ shape, dtype = 'F32' }: Weight, seed: number): Uint8Array {
  const count = shape.reduce((size, part) => size * part, 1);
  if (dtype === 'U8' || dtype === 'I64') return new Uint8Array(count * (dtype === 'U8' ? 1 : 8));
  const values = seededFloats(seed, count).map((value, index) => {
    if (index % 16 === 3) return value * (scales[index % 7] ?? 1);
    return index % 61 === 7 ? value * 100 : value / 8;
  });
  const bytes = new Uint8Array(count * (dtype === 'F32' ? 4 : 2));
  if (dtype === 'F32') bytes.set(new Uint8Array(values.buffer));
  else (dtype === 'F16' ? encodeFloat16 : encodeBfloat16)(values, bytes);
  return bytes;
}

function safetensorsOf(weights: readonly Weight[], seed: number): Uint8Array {
  return buildSafetensors(
    weights.map((weight, index) => ({
      name: weight.name,
      shape: weight.shape,
      dtype: weight.dtype ?? 'F32',
      data: weightBytes(weight, seed * 1_000 + index),
    })),
    { format: 'pt' },
  );
}

/** The weights split over two files with an index, every second tensor in the second one. */
function shardedSafetensors(weights: readonly Weight[], seed: number): FolderFiles {
  const parts = [0, 1].map((part) => weights.filter((_, index) => index % 2 === part));
  const fileName = (part: number) => `model-0000${part + 1}-of-00002.safetensors`;
  return {
    ...Object.fromEntries(
      parts.map((part, index) => [fileName(index), safetensorsOf(part, seed + index)]),
    ),
    'model.safetensors.index.json': {
      metadata: { total_size: 0 },
      weight_map: Object.fromEntries(
        parts.flatMap((part, index) => part.map(({ name }) => [name, fileName(index)])),
      ),
    },
  };
}

interface DecoderOptions {
  readonly dtype: Dtype;
  readonly layers: number;
  readonly hidden: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headLength: number;
  readonly vocabulary: number;
  readonly tied?: boolean;
  readonly biases?: 'qkv' | 'all';
  readonly queryKeyNorms?: boolean;
  readonly fused?: boolean;
  readonly gemmaNorms?: boolean;
  readonly mlpBiases?: boolean;
  readonly prefix?: string;
}

/** The tensors of a Llama-like decoder under their Hugging Face names. */
function decoderWeights(options: DecoderOptions): Weight[] {
  const {
    dtype,
    hidden,
    feedForward,
    heads,
    keyValueHeads,
    headLength,
    prefix = 'model.',
  } = options;
  const weight = (name: string, ...shape: number[]): Weight => ({ name, shape, dtype });
  const query = heads * headLength;
  const keyValue = keyValueHeads * headLength;
  const biased = (part: string) =>
    options.biases === 'all' || (options.biases === 'qkv' && part !== 'o_proj');
  const projection = (layer: string, part: string, rows: number, columns: number) => [
    weight(`${layer}.self_attn.${part}.weight`, rows, columns),
    ...(biased(part) ? [weight(`${layer}.self_attn.${part}.bias`, rows)] : []),
  ];
  const feed = (layer: string, part: string, rows: number, columns: number) => [
    weight(`${layer}.mlp.${part}.weight`, rows, columns),
    ...(options.mlpBiases === true ? [weight(`${layer}.mlp.${part}.bias`, rows)] : []),
  ];
  const layerWeights = (index: number): Weight[] => {
    const layer = `${prefix}layers.${index}`;
    return [
      weight(`${layer}.input_layernorm.weight`, hidden),
      weight(`${layer}.post_attention_layernorm.weight`, hidden),
      ...(options.gemmaNorms === true
        ? [
            weight(`${layer}.pre_feedforward_layernorm.weight`, hidden),
            weight(`${layer}.post_feedforward_layernorm.weight`, hidden),
          ]
        : []),
      ...(options.fused === true
        ? projection(layer, 'qkv_proj', query + 2 * keyValue, hidden)
        : [
            ...projection(layer, 'q_proj', query, hidden),
            ...projection(layer, 'k_proj', keyValue, hidden),
            ...projection(layer, 'v_proj', keyValue, hidden),
          ]),
      ...projection(layer, 'o_proj', hidden, query),
      ...(options.queryKeyNorms === true
        ? [
            weight(`${layer}.self_attn.q_norm.weight`, headLength),
            weight(`${layer}.self_attn.k_norm.weight`, headLength),
          ]
        : []),
      ...(options.fused === true
        ? feed(layer, 'gate_up_proj', 2 * feedForward, hidden)
        : [
            ...feed(layer, 'gate_proj', feedForward, hidden),
            ...feed(layer, 'up_proj', feedForward, hidden),
          ]),
      ...feed(layer, 'down_proj', hidden, feedForward),
    ];
  };
  return [
    weight(`${prefix}embed_tokens.weight`, options.vocabulary, hidden),
    ...Array.from({ length: options.layers }, (_, index) => layerWeights(index)).flat(),
    weight(`${prefix}norm.weight`, hidden),
    ...(options.tied === true ? [] : [weight('lm_head.weight', options.vocabulary, hidden)]),
  ];
}

/** Conv1D weights lie (in, out); old checkpoints store the causal mask of every layer. */
function gpt2Weights(prefix: string, dtype: Dtype, hidden: number, masks: boolean): Weight[] {
  const weight = (name: string, ...shape: number[]): Weight => ({
    name: `${prefix}${name}`,
    shape,
    dtype,
  });
  const both = (name: string, columns: number, rows: number) => [
    weight(`${name}.weight`, columns, rows),
    weight(`${name}.bias`, rows),
  ];
  const norm = (name: string) => [weight(`${name}.weight`, hidden), weight(`${name}.bias`, hidden)];
  return [
    weight('wte.weight', bytePairSize + 1, hidden),
    weight('wpe.weight', 32, hidden),
    ...[0, 1].flatMap((layer) => [
      ...norm(`h.${layer}.ln_1`),
      ...(masks
        ? [
            { name: `${prefix}h.${layer}.attn.bias`, shape: [1, 1, 32, 32], dtype: 'U8' as const },
            { ...weight(`h.${layer}.attn.masked_bias`), shape: [1] },
          ]
        : []),
      ...both(`h.${layer}.attn.c_attn`, hidden, 3 * hidden),
      ...both(`h.${layer}.attn.c_proj`, hidden, hidden),
      ...norm(`h.${layer}.ln_2`),
      ...both(`h.${layer}.mlp.c_fc`, hidden, 4 * hidden),
      ...both(`h.${layer}.mlp.c_proj`, 4 * hidden, hidden),
    ]),
    ...norm('ln_f'),
  ];
}

interface BertOptions {
  readonly dtype: Dtype;
  readonly prefix?: string;
  /** TensorFlow's names of the parts of a layer norm. */
  readonly oldNorms?: boolean;
  readonly extra?: readonly Weight[];
}

function bertWeights({ dtype, prefix = '', oldNorms, extra = [] }: BertOptions): Weight[] {
  const [hidden, feedForward, positions] = [64, 96, 40];
  const weight = (name: string, ...shape: number[]): Weight => ({
    name: `${prefix}${name}`,
    shape,
    dtype,
  });
  const linear = (name: string, rows: number, columns: number) => [
    weight(`${name}.weight`, rows, columns),
    weight(`${name}.bias`, rows),
  ];
  const norm = (name: string) =>
    (oldNorms === true ? ['gamma', 'beta'] : ['weight', 'bias']).map((part) =>
      weight(`${name}.${part}`, hidden),
    );
  return [
    { name: `${prefix}embeddings.position_ids`, shape: [1, positions], dtype: 'I64' },
    weight('embeddings.word_embeddings.weight', wordPieceSize, hidden),
    weight('embeddings.position_embeddings.weight', positions, hidden),
    weight('embeddings.token_type_embeddings.weight', 2, hidden),
    ...norm('embeddings.LayerNorm'),
    ...[0, 1].flatMap((layer) => {
      const name = `encoder.layer.${layer}`;
      return [
        ...linear(`${name}.attention.self.query`, hidden, hidden),
        ...linear(`${name}.attention.self.key`, hidden, hidden),
        ...linear(`${name}.attention.self.value`, hidden, hidden),
        ...linear(`${name}.attention.output.dense`, hidden, hidden),
        ...norm(`${name}.attention.output.LayerNorm`),
        ...linear(`${name}.intermediate.dense`, feedForward, hidden),
        ...linear(`${name}.output.dense`, hidden, feedForward),
        ...norm(`${name}.output.LayerNorm`),
      ];
    }),
    weight('pooler.dense.weight', hidden, hidden),
    weight('pooler.dense.bias', hidden),
    ...extra,
  ];
}

const bertConfig = {
  model_type: 'bert',
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  max_position_embeddings: 40,
  type_vocab_size: 2,
  vocab_size: wordPieceSize,
  layer_norm_eps: 1e-12,
  pad_token_id: 0,
  torch_dtype: 'float32',
};

/** A folder of each kind; keys name the golden files. */
export function buildHuggingFaceCases(): Record<string, HuggingFaceCase> {
  return {
    'llama-tied': llamaTied(),
    'llama-untied': llamaUntied(),
    'llama-base': llamaBase(),
    mistral: mistral(),
    qwen2: qwen2(),
    qwen3: qwen3(),
    phi3: phi3({ long: true }),
    'phi3-short': phi3({ long: false }),
    'gpt2-pytorch': gpt2Pytorch(),
    'gpt2-bare': gpt2Bare(),
    gemma2: gemma2(),
    gemma3: gemma3(),
    'gemma3-trimmed': gemma3Trimmed(),
    bert: bert(),
    'bert-masked-lm': bertMaskedLm(),
    'bert-classifier': bertClassifier(),
  };
}

const llama3Special = ['<|begin_of_text|>', '<|eot_id|>', '<|finetune_right_pad_id|>'];

/** As Llama 3.2: tied, grouped queries, llama3 rotary scaling, a full model card. */
function llamaTied(): HuggingFaceCase {
  const sizes = { layers: 2, hidden: 64, feedForward: 160, heads: 4, keyValueHeads: 2, headLength: 32, vocabulary: bytePairSize + 3 }; // prettier-ignore
  return {
    folderName: 'Tiny-Llama-3.2-1B-Instruct-v0.2',
    pre: 'llama-bpe',
    files: {
      'config.json': {
        architectures: ['LlamaForCausalLM'],
        model_type: 'llama',
        attention_bias: false,
        bos_token_id: bytePairSize,
        eos_token_id: [bytePairSize + 1],
        head_dim: 32,
        hidden_size: 64,
        intermediate_size: 160,
        max_position_embeddings: 131072,
        num_attention_heads: 4,
        num_hidden_layers: 2,
        num_key_value_heads: 2,
        rms_norm_eps: 1e-5,
        rope_scaling: {
          factor: 32.0,
          high_freq_factor: 4.0,
          low_freq_factor: 1.0,
          original_max_position_embeddings: 8192,
          rope_type: 'llama3',
        },
        rope_theta: 500000.0,
        tie_word_embeddings: true,
        torch_dtype: 'bfloat16',
        vocab_size: bytePairSize + 3,
      },
      'generation_config.json': { do_sample: true, temperature: 0.6, top_p: 0.9, max_length: 20 },
      'README.md': [
        '---',
        'license:',
        '- llama3.2',
        'license_name: "Llama 3.2 Community"',
        'license_link: https://example.org/license',
        'language:',
        '- en',
        '- no',
        '- pt',
        'tags: [facebook, "meta", pytorch]',
        'pipeline_tag: text-generation',
        'base_model:',
        '- meta-llama/Llama-3.2-1B',
        '- https://huggingface.co/org-name/some-model-7B-v1.5',
        '- https://example.org/another-model',
        'datasets: HuggingFaceFW/fineweb-edu',
        'model_creator: someone',
        'description: >-',
        '  Folded over',
        '  two lines',
        '---',
        '# Tiny',
        '',
      ].join('\n'),
      'model.safetensors': safetensorsOf(decoderWeights({ ...sizes, dtype: 'BF16', tied: true }), 1), // prettier-ignore
      ...bytePairTokenizer('llama3', llama3Special),
    },
  };
}

/** As Llama 2: SentencePiece, untied, two files, eleven layers (10 sorts before 2), rows that Q8_0 cannot take. */
function llamaUntied(): HuggingFaceCase {
  const sizes = { layers: 11, hidden: 48, feedForward: 80, heads: 4, keyValueHeads: 4, headLength: 12, vocabulary: sentencePieceSize + 1 }; // prettier-ignore
  return {
    folderName: 'llama-untied',
    files: {
      'config.json': {
        _name_or_path: 'meta-llama/Llama-2-7b-chat-hf',
        architectures: ['LlamaForCausalLM'],
        model_type: 'llama',
        attention_bias: true,
        bos_token_id: 1,
        eos_token_id: 2,
        hidden_size: 48,
        intermediate_size: 80,
        max_position_embeddings: 4096,
        mlp_bias: true,
        num_attention_heads: 4,
        num_hidden_layers: 11,
        rms_norm_eps: 1e-6,
        rope_scaling: { type: 'linear', factor: 2.0 },
        tie_word_embeddings: false,
        torch_dtype: 'float16',
        vocab_size: sentencePieceSize + 1,
      },
      'added_tokens.json': { '<pad>': sentencePieceSize },
      ...shardedSafetensors(
        decoderWeights({ ...sizes, dtype: 'F16', biases: 'all', mlpBiases: true }),
        2,
      ),
      ...sentencePieceTokenizer({
        tokenizerClass: 'LlamaTokenizer',
        config: { add_bos_token: true, add_eos_token: false, bos_token: '<s>', eos_token: '</s>' },
      }),
    },
  };
}

/** A bare LlamaModel in F32: no prefix, no output matrix, defaults for most of the configuration. */
function llamaBase(): HuggingFaceCase {
  const sizes = { layers: 1, hidden: 64, feedForward: 96, heads: 2, keyValueHeads: 2, headLength: 32, vocabulary: sentencePieceSize }; // prettier-ignore
  return {
    folderName: 'some model with spaces',
    files: {
      'config.json': {
        architectures: ['LlamaModel'],
        model_type: 'llama',
        hidden_size: 64,
        intermediate_size: 96,
        num_attention_heads: 2,
        num_hidden_layers: 1,
        vocab_size: sentencePieceSize,
      },
      'model.safetensors': safetensorsOf(
        decoderWeights({ ...sizes, dtype: 'F32', prefix: '', tied: true }),
        3,
      ),
      ...sentencePieceTokenizer({ tokenizerClass: 'LlamaTokenizer' }),
    },
  };
}

/** Sliding window, rotary tables in the checkpoint, norms in F32 beside BF16 matrices. */
function mistral(): HuggingFaceCase {
  const sizes = { layers: 2, hidden: 64, feedForward: 128, heads: 4, keyValueHeads: 2, headLength: 16, vocabulary: sentencePieceSize }; // prettier-ignore
  const weights = decoderWeights({ ...sizes, dtype: 'BF16' }).map((weight) =>
    weight.name.includes('layernorm') ? { ...weight, dtype: 'F32' as const } : weight,
  );
  return {
    folderName: 'Mistral-7B-Instruct-v0.3',
    files: {
      'config.json': {
        architectures: ['MistralForCausalLM'],
        model_type: 'mistral',
        bos_token_id: 1,
        eos_token_id: 2,
        hidden_size: 64,
        intermediate_size: 128,
        max_position_embeddings: 32768,
        num_attention_heads: 4,
        num_hidden_layers: 2,
        num_key_value_heads: 2,
        rms_norm_eps: 1e-5,
        rope_theta: 1000000.0,
        sliding_window: 4096,
        tie_word_embeddings: false,
        torch_dtype: 'bfloat16',
        vocab_size: sentencePieceSize,
      },
      'model.safetensors': safetensorsOf(
        [
          ...weights,
          { name: 'model.layers.0.self_attn.rotary_emb.inv_freq', shape: [8], dtype: 'F32' },
        ],
        4,
      ),
      ...sentencePieceTokenizer({
        tokenizerClass: 'LlamaTokenizer',
        config: { add_prefix_space: true, add_bos_token: true },
      }),
    },
  };
}

const qwenSpecial = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];

/** Biases on q, k and v; yarn; sampling settings. */
function qwen2(): HuggingFaceCase {
  const sizes = { layers: 2, hidden: 64, feedForward: 96, heads: 4, keyValueHeads: 2, headLength: 16, vocabulary: bytePairSize + 5 }; // prettier-ignore
  return {
    folderName: 'Qwen2.5-3B-Instruct',
    pre: 'qwen2',
    files: {
      'config.json': {
        architectures: ['Qwen2ForCausalLM'],
        model_type: 'qwen2',
        bos_token_id: bytePairSize,
        eos_token_id: bytePairSize + 2,
        hidden_size: 64,
        intermediate_size: 96,
        max_position_embeddings: 32768,
        max_window_layers: 2,
        num_attention_heads: 4,
        num_hidden_layers: 2,
        num_key_value_heads: 2,
        rms_norm_eps: 1e-6,
        rope_scaling: {
          factor: 4.0,
          original_max_position_embeddings: 32768,
          type: 'yarn',
          beta_fast: 32.0,
        },
        rope_theta: 1000000.0,
        sliding_window: 32768,
        tie_word_embeddings: true,
        torch_dtype: 'bfloat16',
        use_sliding_window: false,
        vocab_size: bytePairSize + 5,
      },
      'generation_config.json': {
        bos_token_id: bytePairSize,
        do_sample: true,
        eos_token_id: [bytePairSize + 2, bytePairSize],
        repetition_penalty: 1.05,
        temperature: 0.7,
        top_k: 20,
        top_p: 0.8,
      },
      'model.safetensors': safetensorsOf(
        decoderWeights({ ...sizes, dtype: 'BF16', biases: 'qkv', tied: true }),
        5,
      ),
      ...bytePairTokenizer('qwen2', qwenSpecial),
    },
  };
}

/** Norms on queries and keys; an embedding model, pooled by its last token, with names as sentence-transformers saves. */
function qwen3(): HuggingFaceCase {
  const sizes = { layers: 2, hidden: 64, feedForward: 96, heads: 4, keyValueHeads: 2, headLength: 32, vocabulary: bytePairSize + 3 }; // prettier-ignore
  return {
    folderName: 'qwen3-embedding-0.6b',
    pre: 'qwen2',
    files: {
      'config.json': {
        architectures: ['Qwen3ForCausalLM'],
        model_type: 'qwen3',
        attention_bias: false,
        head_dim: 32,
        hidden_size: 64,
        intermediate_size: 96,
        max_position_embeddings: 40960,
        num_attention_heads: 4,
        num_hidden_layers: 2,
        num_key_value_heads: 2,
        rms_norm_eps: 1e-6,
        rope_parameters: { rope_theta: 1000000, rope_type: 'default' },
        tie_word_embeddings: true,
        dtype: 'float16',
        vocab_size: bytePairSize + 3,
      },
      'modules.json': [
        { idx: 0, name: '0', path: '', type: 'sentence_transformers.models.Transformer' },
        { idx: 1, name: '1', path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
      ],
      '1_Pooling/config.json': {
        word_embedding_dimension: 64,
        pooling_mode_cls_token: false,
        pooling_mode_mean_tokens: false,
        pooling_mode_lasttoken: true,
      },
      'model.safetensors': safetensorsOf(
        decoderWeights({ ...sizes, dtype: 'F16', queryKeyNorms: true, tied: true, prefix: '' }),
        6,
      ),
      ...bytePairTokenizer('qwen2', qwenSpecial),
    },
  };
}

function phi3({ long }: { long: boolean }): HuggingFaceCase {
  const sizes = { layers: 2, hidden: 64, feedForward: 96, heads: 4, keyValueHeads: 4, headLength: 16, vocabulary: sentencePieceSize + 9 }; // prettier-ignore
  return {
    folderName: long ? 'Phi-3.5-mini-instruct' : 'Phi-3-mini-4k-instruct',
    files: {
      'config.json': {
        _name_or_path: long ? 'Phi-3.5-mini-instruct' : 'Phi-3-mini-4k-instruct',
        architectures: ['Phi3ForCausalLM'],
        model_type: 'phi3',
        auto_map: { AutoConfig: 'configuration_phi3.Phi3Config' },
        bos_token_id: 1,
        eos_token_id: 2,
        hidden_size: 64,
        intermediate_size: 96,
        max_position_embeddings: long ? 131072 : 4096,
        num_attention_heads: 4,
        num_hidden_layers: 2,
        num_key_value_heads: 4,
        original_max_position_embeddings: 4096,
        rms_norm_eps: 1e-5,
        rope_scaling: long
          ? {
              long_factor: [1.08, 1.1, 1.13, 1.28, 1.31, 1.45, 25.3, 64.95],
              short_factor: [1.0, 1.0199999809265137, 1.03, 1.03, 1.05, 1.05, 1.05, 2.82],
              type: 'longrope',
            }
          : null,
        rope_theta: 10000.0,
        sliding_window: long ? 262144 : 2047,
        tie_word_embeddings: false,
        torch_dtype: 'bfloat16',
        vocab_size: sentencePieceSize + 9,
      },
      'added_tokens.json': { '<|assistant|>': sentencePieceSize, '<|end|>': sentencePieceSize + 1 },
      'model.safetensors': safetensorsOf(
        decoderWeights({ ...sizes, dtype: 'BF16', fused: true }),
        long ? 7 : 8,
      ),
      ...sentencePieceTokenizer({
        tokenizerClass: 'LlamaTokenizer',
        config: {
          add_bos_token: false,
          bos_token: '<s>',
          eos_token: '<|end|>',
          added_tokens_decoder: {
            '1': { content: '<s>', special: true },
            [String(sentencePieceSize)]: { content: '<|assistant|>', special: true },
            [String(sentencePieceSize + 1)]: { content: '<|end|>', special: true },
            [String(sentencePieceSize + 2)]: { content: '<|user|>', special: false },
          },
        },
      }),
    },
  };
}

const gpt2Config = {
  architectures: ['GPT2LMHeadModel'],
  model_type: 'gpt2',
  bos_token_id: bytePairSize,
  eos_token_id: bytePairSize,
  layer_norm_epsilon: 1e-5,
  n_ctx: 32,
  n_head: 4,
  n_layer: 2,
  n_positions: 32,
  vocab_size: bytePairSize + 1,
};

/** As DialoGPT is published: pytorch_model.bin with causal masks and a tied output that is stored all the same. */
function gpt2Pytorch(): HuggingFaceCase {
  const weights = gpt2Weights('transformer.', 'F16', 64, true);
  const tensors = weights.map((weight, index) => ({
    name: weight.name,
    shape: weight.shape,
    dtype: weight.dtype === 'U8' ? ('U8' as const) : ('F16' as const),
    data: weightBytes(weight, 9_000 + index),
  }));
  const [embedding] = tensors;
  if (embedding === undefined) throw new Error('gpt2Weights gives an embedding');
  return {
    folderName: 'DialoGPT-medium',
    pre: 'gpt-2',
    files: {
      'config.json': { ...gpt2Config, n_embd: 64, torch_dtype: 'float16' },
      'generation_config.json': { bos_token_id: bytePairSize, eos_token_id: bytePairSize },
      'pytorch_model.bin': buildPytorchCheckpoint([
        ...tensors,
        { ...embedding, name: 'lm_head.weight', sharedWith: embedding.name },
      ]),
      ...slowBytePairTokenizer(),
    },
  };
}

/** As GPT-2 itself is published: bare names, F32. */
function gpt2Bare(): HuggingFaceCase {
  return {
    folderName: 'gpt2',
    pre: 'gpt-2',
    files: {
      'config.json': { ...gpt2Config, n_embd: 48, n_inner: null, task_specific_params: {} },
      'model.safetensors': safetensorsOf(gpt2Weights('', 'F32', 48, true), 10),
      ...slowBytePairTokenizer(),
    },
  };
}

const gemmaPieces = ['<pad>', '<eos>', '<bos>', '<unk>'];

function gemma2(): HuggingFaceCase {
  const vocabulary = sentencePieceSize + 1;
  const sizes = { layers: 2, hidden: 64, feedForward: 96, heads: 4, keyValueHeads: 2, headLength: 32, vocabulary }; // prettier-ignore
  return {
    folderName: 'gemma-2-2b-it',
    files: {
      'config.json': {
        architectures: ['Gemma2ForCausalLM'],
        model_type: 'gemma2',
        attn_logit_softcapping: 50.0,
        bos_token_id: 2,
        eos_token_id: [1, 107],
        final_logit_softcapping: 30.0,
        head_dim: 32,
        hidden_size: 64,
        intermediate_size: 96,
        max_position_embeddings: 8192,
        num_attention_heads: 4,
        num_hidden_layers: 2,
        num_key_value_heads: 2,
        pad_token_id: 0,
        query_pre_attn_scalar: 32,
        rms_norm_eps: 1e-6,
        rope_theta: 10000.0,
        sliding_window: 4096,
        torch_dtype: 'bfloat16',
        vocab_size: vocabulary,
      },
      // A copy of the tied output, as some quantizers leave it.
      'model.safetensors': safetensorsOf(
        decoderWeights({ ...sizes, dtype: 'BF16', gemmaNorms: true }),
        11,
      ),
      ...sentencePieceTokenizer({ tokenizerClass: 'GemmaTokenizer', control: gemmaPieces }),
    },
  };
}

const gemma3Config = {
  architectures: ['Gemma3ForCausalLM'],
  model_type: 'gemma3_text',
  bos_token_id: 2,
  eos_token_id: [1, 106],
  head_dim: 32,
  hidden_size: 64,
  intermediate_size: 96,
  max_position_embeddings: 32768,
  num_attention_heads: 4,
  num_hidden_layers: 2,
  num_key_value_heads: 1,
  query_pre_attn_scalar: 32,
  rms_norm_eps: 1e-6,
  rope_local_base_freq: 10000,
  rope_theta: 1000000,
  sliding_window: 512,
  torch_dtype: 'float16',
};

const gemma3Sizes = { layers: 2, hidden: 64, feedForward: 96, heads: 4, keyValueHeads: 1, headLength: 32, gemmaNorms: true, queryKeyNorms: true, tied: true }; // prettier-ignore

/** F16 norms, whose sum with 1 is rounded; a scaled rotary base. */
function gemma3(): HuggingFaceCase {
  const vocabulary = sentencePieceSize + 4;
  return {
    folderName: 'gemma-3-1b-it',
    files: {
      'config.json': {
        ...gemma3Config,
        rope_scaling: { factor: 8.0, rope_type: 'linear' },
        sliding_window_pattern: 6,
        vocab_size: vocabulary,
      },
      'model.safetensors': safetensorsOf(
        decoderWeights({ ...gemma3Sizes, dtype: 'F16', vocabulary }),
        12,
      ),
      ...sentencePieceTokenizer({ tokenizerClass: 'GemmaTokenizer', control: gemmaPieces }),
    },
  };
}

/** Without tokenizer.model the reference cuts the embedding to the tokens of tokenizer.json. */
function gemma3Trimmed(): HuggingFaceCase {
  const vocabulary = bytePairSize + 12;
  return {
    folderName: 'gemma-3-270m',
    pre: 'gpt-2',
    files: {
      'config.json': { ...gemma3Config, torch_dtype: 'bfloat16', vocab_size: vocabulary },
      'model.safetensors': safetensorsOf(
        decoderWeights({ ...gemma3Sizes, dtype: 'BF16', vocabulary }),
        13,
      ),
      ...bytePairTokenizer('gpt2', ['<eos>', '<bos>']),
    },
  };
}

/** A sentence embedding model: F32, mean pooling. */
function bert(): HuggingFaceCase {
  return {
    folderName: 'all-MiniLM-L6-v2',
    pre: 'jina-v2-en',
    files: {
      'config.json': {
        ...bertConfig,
        _name_or_path: 'nreimers/MiniLM-L6-H384-uncased',
        architectures: ['BertModel'],
      },
      'README.md':
        '---\nlanguage: en\nlicense: apache-2.0\nlibrary_name: sentence-transformers\ntags:\n- sentence-transformers\n- feature-extraction\ndatasets:\n- s2orc\n- flax-sentence-embeddings/stackexchange_xml\npipeline_tag: sentence-similarity\n---\n',
      'modules.json': [
        { idx: 0, name: '0', path: '', type: 'sentence_transformers.models.Transformer' },
        { idx: 1, name: '1', path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
        { idx: 2, name: '2', path: '2_Normalize', type: 'sentence_transformers.models.Normalize' },
      ],
      '1_Pooling/config.json': {
        word_embedding_dimension: 64,
        pooling_mode_cls_token: false,
        pooling_mode_mean_tokens: true,
      },
      'model.safetensors': safetensorsOf(bertWeights({ dtype: 'F32' }), 14),
      ...wordPieceTokenizer(),
    },
  };
}

/** Prefixed names, gamma and beta, heads of the pre-training. */
function bertMaskedLm(): HuggingFaceCase {
  return {
    folderName: 'bert-base-uncased',
    pre: 'jina-v2-en',
    files: {
      'config.json': {
        ...bertConfig,
        architectures: ['BertForMaskedLM'],
        torch_dtype: 'float16',
        id2label: { '0': 'LABEL_0', '1': 'LABEL_1', '2': 'LABEL_2' },
        label2id: { LABEL_0: 0, LABEL_1: 1, LABEL_2: 2 },
      },
      'model.safetensors': safetensorsOf(
        bertWeights({
          dtype: 'F16',
          prefix: 'bert.',
          oldNorms: true,
          extra: [
            { name: 'cls.predictions.bias', shape: [wordPieceSize], dtype: 'F16' },
            { name: 'cls.predictions.transform.dense.weight', shape: [64, 64], dtype: 'F16' },
            { name: 'cls.seq_relationship.weight', shape: [2, 64], dtype: 'F16' },
          ],
        }),
        15,
      ),
      ...wordPieceTokenizer(),
    },
  };
}

/** A re-ranker with one label. */
function bertClassifier(): HuggingFaceCase {
  return {
    folderName: 'ms-marco-MiniLM-L6-v2',
    pre: 'jina-v2-en',
    files: {
      'config.json': {
        ...bertConfig,
        architectures: ['BertForSequenceClassification'],
        id2label: { '0': 'LABEL_0' },
        label2id: { LABEL_0: 0 },
      },
      'model.safetensors': safetensorsOf(
        bertWeights({
          dtype: 'F32',
          prefix: 'bert.',
          extra: [
            { name: 'classifier.weight', shape: [1, 64], dtype: 'F32' },
            { name: 'classifier.bias', shape: [1], dtype: 'F32' },
          ],
        }),
        16,
      ),
      ...wordPieceTokenizer(),
    },
  };
}
