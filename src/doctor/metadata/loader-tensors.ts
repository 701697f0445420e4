// The tensors that llama.cpp v0.5.0 asks a file of a family for (load_arch_tensors in src/models/*.cpp), as data. It refuses
// a file when one is missing, has another shape, or when one is there that it did not ask for. What converting writes is a
// subset of this (src/architectures); a file of another tool may hold all of it.

export interface LoaderTensor {
  readonly name: string;
  /** In ggml order: row length first. */
  readonly shape: readonly number[];
  readonly optional: boolean;
}

export interface LoaderSizes {
  readonly blocks: number;
  readonly embedding: number;
  readonly vocabulary: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly keyLength: number;
  readonly valueLength: number;
  readonly rotary: number;
  readonly context: number;
  readonly tokenTypes: number;
  readonly isLongRope: boolean;
}

type Row = readonly [name: string, shape: readonly number[], optional?: 'optional'];
type Family = (sizes: LoaderSizes) => {
  readonly whole: readonly Row[];
  readonly block: readonly Row[];
};

const families: Readonly<Record<string, Family>> = {
  llama: (sizes) => ({
    whole: [...decoderEnds(sizes), ...rotaryFactors(sizes)],
    block: [
      ...preNorms(sizes),
      ...attention(sizes),
      ['attn_output.bias', [sizes.embedding], 'optional'],
      ...gatedFeedForward(sizes),
      ['ffn_gate.bias', [sizes.feedForward], 'optional'],
      ['ffn_up.bias', [sizes.feedForward], 'optional'],
      ['ffn_down.bias', [sizes.embedding], 'optional'],
    ],
  }),
  qwen2: (sizes) => ({
    whole: [...decoderEnds(sizes), ['output.bias', [sizes.vocabulary], 'optional']],
    block: [...preNorms(sizes), ...attention(sizes), ...gatedFeedForward(sizes)],
  }),
  qwen3: (sizes) => ({
    whole: [...decoderEnds(sizes), ['cls.output.weight', [], 'optional']],
    block: [
      ...preNorms(sizes),
      ...attention(sizes),
      ...headNorms(sizes),
      ...gatedFeedForward(sizes),
    ],
  }),
  phi3: (sizes) => ({
    whole: [
      ...decoderEnds(sizes),
      ['rope_factors_long.weight', [sizes.rotary / 2], 'optional'],
      ['rope_factors_short.weight', [sizes.rotary / 2], 'optional'],
    ],
    block: [
      ...preNorms(sizes),
      ...attention(sizes),
      ['ffn_down.weight', [sizes.feedForward, sizes.embedding]],
      ['ffn_up.weight', [sizes.embedding, 2 * sizes.feedForward]],
    ],
  }),
  gpt2: ({ embedding, vocabulary, context, feedForward, keyValueHeads, keyLength }) => {
    const joined = embedding + 2 * keyValueHeads * keyLength;
    return {
      whole: [
        ['token_embd.weight', [embedding, vocabulary]],
        ['position_embd.weight', [embedding, context]],
        ...biased('output_norm', [embedding]),
        ['output.weight', [embedding, vocabulary], 'optional'],
      ],
      block: [
        ...biased('attn_norm', [embedding]),
        ...biased('attn_qkv', [embedding, joined]),
        ...biased('attn_output', [embedding, embedding]),
        ...biased('ffn_norm', [embedding]),
        ...biased('ffn_down', [feedForward, embedding]),
        ...biased('ffn_up', [embedding, feedForward]),
      ],
    };
  },
  gemma2: (sizes) => ({
    whole: decoderEnds(sizes).filter(([name]) => name !== 'output.weight'),
    block: [
      ...preNorms(sizes),
      ...attention(sizes),
      ['post_attention_norm.weight', [sizes.embedding]],
      ...gatedFeedForward(sizes),
      ['post_ffw_norm.weight', [sizes.embedding]],
    ],
  }),
  gemma3: (sizes) => ({
    whole: [
      ...decoderEnds(sizes),
      ['dense_2.weight', [], 'optional'],
      ['dense_3.weight', [], 'optional'],
    ],
    block: [
      ...preNorms(sizes),
      ...attention(sizes),
      ...headNorms(sizes),
      ['post_attention_norm.weight', [sizes.embedding]],
      ...gatedFeedForward(sizes),
      ['post_ffw_norm.weight', [sizes.embedding]],
    ],
  }),
  bert: (sizes) => {
    const { embedding, vocabulary, context, feedForward, tokenTypes } = sizes;
    return {
      whole: [
        ['token_embd.weight', [embedding, vocabulary]],
        ['token_types.weight', [embedding, tokenTypes], 'optional'],
        ['position_embd.weight', [embedding, context]],
        ['cls.weight', [embedding, embedding], 'optional'],
        ['cls.bias', [embedding], 'optional'],
        ['cls.output.weight', [], 'optional'],
        ['cls.output.bias', [], 'optional'],
        ...biased('token_embd_norm', [embedding]),
      ],
      block: [
        ...attention(sizes),
        ['attn_output.bias', [embedding], 'optional'],
        ...biased('attn_output_norm', [embedding]),
        ['ffn_up.weight', [embedding, feedForward]],
        ['ffn_up.bias', [feedForward], 'optional'],
        ['ffn_down.weight', [feedForward, embedding]],
        ['ffn_down.bias', [embedding], 'optional'],
        ...biased('layer_output_norm', [embedding]),
      ],
    };
  },
};

/** Whether the tensors of an architecture are known here. */
export function knowsTensorsOf(architecture: string): boolean {
  return Object.hasOwn(families, architecture);
}

/**
 * All tensors of a model of these sizes; an empty shape stands for any. `isJoined` tells of a block whether q, k and v are
 * in one matrix: then the three are not asked for.
 */
export function loaderTensors(
  architecture: string,
  sizes: LoaderSizes,
  isJoined: (block: number) => boolean,
): LoaderTensor[] {
  const family = Object.hasOwn(families, architecture) ? families[architecture] : undefined;
  if (family === undefined) return [];
  const { whole, block } = family(sizes);
  const row = ([name, shape, optional]: Row, prefix = ''): LoaderTensor => ({
    name: `${prefix}${name}`,
    shape,
    optional: optional !== undefined,
  });
  const blocks = Array.from({ length: sizes.blocks }, (_, index) => {
    const prefix = `blk.${index}.`;
    const left = isJoined(index) ? separate : joint;
    return block
      .filter(([name]) => architecture === 'gpt2' || !left.test(name))
      .map((entry) => row(entry, prefix));
  });
  return [...whole.map((entry) => row(entry)), ...blocks.flat()];
}

const separate = /^attn_[qkv]\.weight$/;
const joint = /^attn_qkv\./;

function decoderEnds({ embedding, vocabulary }: LoaderSizes): Row[] {
  return [
    ['token_embd.weight', [embedding, vocabulary]],
    ['output_norm.weight', [embedding]],
    ['output.weight', [embedding, vocabulary], 'optional'],
  ];
}

function rotaryFactors({ rotary, isLongRope }: LoaderSizes): Row[] {
  const names = isLongRope
    ? ['rope_factors_long.weight', 'rope_factors_short.weight']
    : ['rope_freqs.weight'];
  return names.map((name) => [name, [rotary / 2], 'optional']);
}

function preNorms({ embedding }: LoaderSizes): Row[] {
  return [
    ['attn_norm.weight', [embedding]],
    ['ffn_norm.weight', [embedding]],
  ];
}

function headNorms({ keyLength }: LoaderSizes): Row[] {
  return [
    ['attn_q_norm.weight', [keyLength]],
    ['attn_k_norm.weight', [keyLength]],
  ];
}

/** create_tensor_qkv: one joint matrix, or three; biases are always optional. */
function attention(sizes: LoaderSizes): Row[] {
  const { embedding, heads, keyValueHeads, keyLength, valueLength } = sizes;
  const query = heads * keyLength;
  const key = keyValueHeads * keyLength;
  const value = keyValueHeads * valueLength;
  return [
    ['attn_qkv.weight', [embedding, query + key + value]],
    ['attn_qkv.bias', [query + key + value], 'optional'],
    ['attn_q.weight', [embedding, query]],
    ['attn_k.weight', [embedding, key]],
    ['attn_v.weight', [embedding, value]],
    ['attn_q.bias', [query], 'optional'],
    ['attn_k.bias', [key], 'optional'],
    ['attn_v.bias', [value], 'optional'],
    ['attn_output.weight', [query, embedding]],
  ];
}

function gatedFeedForward({ embedding, feedForward }: LoaderSizes): Row[] {
  return [
    ['ffn_gate.weight', [embedding, feedForward]],
    ['ffn_up.weight', [embedding, feedForward]],
    ['ffn_down.weight', [feedForward, embedding]],
  ];
}

function biased(name: string, shape: readonly number[]): Row[] {
  return [
    [`${name}.weight`, shape],
    [`${name}.bias`, [shape.at(-1) ?? 0]],
  ];
}
