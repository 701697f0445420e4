// Writes a GGUF of a real model's dimensions to disk without its gigabytes: the header is real (a vocabulary of 150,000
// entries with merges), the tensors are a hole in a sparse file. For tests and the bench of reading headers.
import { open } from 'node:fs/promises';
import {
  float32ArrayEntry,
  int32ArrayEntry,
  stringArrayEntry,
  stringEntry,
  uint32Entry,
} from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { encodeGgufHeader } from '#src/formats/gguf/write-header.ts';
import { modelFromConfig } from '#src/stages/sizes/model-from-config.ts';

export const largeVocabulary = 151_936;

/** Qwen2.5-3B's dimensions in Q8_0: 3.3 GB of tensors. */
const config = {
  architectures: ['Qwen2ForCausalLM'],
  model_type: 'qwen2',
  hidden_size: 2048,
  intermediate_size: 11008,
  num_hidden_layers: 36,
  num_attention_heads: 16,
  num_key_value_heads: 2,
  vocab_size: largeVocabulary,
  max_position_embeddings: 32768,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000,
  tie_word_embeddings: false,
};

/** A tokenizer of `size` distinct entries in the form of Qwen's: byte-pair tokens of 2 to 9 letters and their merges. */
export function largeTokenizer(size: number): GgufEntry[] {
  const token = (index: number) => `Ġ${index.toString(36)}é`;
  return [
    stringEntry('tokenizer.ggml.model', 'gpt2'),
    stringEntry('tokenizer.ggml.pre', 'qwen2'),
    stringArrayEntry(
      'tokenizer.ggml.tokens',
      Array.from({ length: size }, (_, at) => token(at)),
    ),
    int32ArrayEntry('tokenizer.ggml.token_type', new Int32Array(size).fill(1)),
    float32ArrayEntry('tokenizer.ggml.scores', new Float32Array(size)),
    stringArrayEntry(
      'tokenizer.ggml.merges',
      Array.from({ length: size - 500 }, (_, at) => `${token(at)} ${token(at + 1)}`),
    ),
    uint32Entry('tokenizer.ggml.bos_token_id', 1),
    uint32Entry('tokenizer.ggml.eos_token_id', 2),
    stringEntry(
      'tokenizer.chat_template',
      '{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}',
    ),
  ];
}

/** Gives the file's size. */
export async function writeLargeGguf(path: string): Promise<number> {
  const model = modelFromConfig(config, 'large');
  const header = encodeGgufHeader({
    version: 3,
    metadata: [
      ...model.metadata.filter(({ key }) => key !== 'general.file_type'),
      uint32Entry('general.file_type', 7),
      ...largeTokenizer(largeVocabulary),
    ],
    tensors: model.tensors.map(({ name, shape }) => ({
      name,
      shape,
      type: shape.length > 1 ? ('Q8_0' as const) : ('F32' as const),
    })),
    alignment: 32,
  });
  const file = await open(path, 'w');
  try {
    await file.write(header.bytes);
    await file.truncate(header.fileSize);
  } finally {
    await file.close();
  }
  return header.fileSize;
}
