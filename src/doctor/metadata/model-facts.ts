// What a model file says of itself and what its tensors show, side by side: every size is read from the tensors where they
// agree among themselves, so that a wrong entry can be told from a wrong tensor.
import { entryNumber, entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufEntry, GgufTensorInfo } from '#src/formats/gguf/types.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';

export interface TensorFact extends Pick<GgufTensorInfo, 'name' | 'shape'> {
  /** Undefined for numbers that no type has. */
  readonly type: GgmlType | undefined;
}

export interface ModelFacts {
  /** `general.architecture`; the one that its other keys are named by when it is missing or unknown. */
  readonly architecture: string;
  readonly metadata: readonly GgufEntry[];
  readonly tensors: readonly TensorFact[];
  readonly byName: ReadonlyMap<string, TensorFact>;
}

/** What the tensors show; undefined where no tensor shows it or they contradict each other. */
export interface ShownSizes {
  /** Highest N of `blk.N.`, plus one. */
  readonly blocks: number | undefined;
  readonly embedding: number | undefined;
  /** Rows of the token embedding. */
  readonly vocabulary: number | undefined;
  /** The same in all blocks. */
  readonly feedForward: number | undefined;
  /** Rows of the attention projections, the same in all blocks: heads × head length. */
  readonly query: number | undefined;
  readonly key: number | undefined;
  readonly value: number | undefined;
  /** Length of one head where a norm per head shows it. */
  readonly headLength: number | undefined;
  /** Rows of the position embedding. */
  readonly positions: number | undefined;
}

export function modelFactsOf(
  architecture: string,
  metadata: readonly GgufEntry[],
  tensors: readonly TensorFact[],
): ModelFacts {
  return {
    architecture,
    metadata,
    tensors,
    byName: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  };
}

/** A number of the architecture's own entries (`llama.block_count` for `block_count`). */
export function statedNumber(facts: ModelFacts, name: string): number | undefined {
  return entryNumber(facts.metadata, `${facts.architecture}.${name}`);
}

/** The entry differs from layer to layer. */
export function isStatedPerLayer(facts: ModelFacts, name: string): boolean {
  return entryValue(facts.metadata, `${facts.architecture}.${name}`)?.type === 'array';
}

export function shownSizes({ architecture, tensors, byName }: ModelFacts): ShownSizes {
  const inBlocks = new Map<string, TensorFact[]>();
  let blocks = 0;
  for (const tensor of tensors) {
    const match = /^blk\.(0|[1-9]\d{0,4})\.(.+)$/.exec(tensor.name);
    if (match === null) continue;
    const [, number = '', name = ''] = match;
    blocks = Math.max(blocks, Number(number) + 1);
    const others = inBlocks.get(name);
    if (others === undefined) inBlocks.set(name, [tensor]);
    else others.push(tensor);
  }
  const dimension = (name: string, index: number) =>
    agreed((inBlocks.get(name) ?? []).map(({ shape }) => shape[index]));
  const up = dimension('ffn_up.weight', 1);
  // Phi 3 keeps gate and up in one matrix.
  const feedForward = architecture === 'phi3' && up !== undefined ? up / 2 : up;
  const norms = ['attn_norm.weight', 'ffn_norm.weight', 'attn_output_norm.weight'];
  const widths = [
    byName.get('token_embd.weight')?.shape[0],
    byName.get('output_norm.weight')?.shape[0],
    ...norms.map((name) => dimension(name, 0)),
  ];
  return {
    blocks: blocks === 0 ? undefined : blocks,
    embedding: mostFrequent(widths),
    vocabulary: byName.get('token_embd.weight')?.shape[1],
    feedForward: dimension('ffn_gate.weight', 1) ?? feedForward,
    query: dimension('attn_q.weight', 1),
    key: dimension('attn_k.weight', 1),
    value: dimension('attn_v.weight', 1),
    headLength: dimension('attn_q_norm.weight', 0) ?? dimension('attn_k_norm.weight', 0),
    positions: byName.get('position_embd.weight')?.shape[1],
  };
}

/** The value that more than half of them have: one damaged record does not outvote the others. */
function agreed(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  const value = mostFrequent(known);
  const count = known.filter((candidate) => candidate === value).length;
  return count * 2 > known.length ? value : undefined;
}

function mostFrequent(values: readonly (number | undefined)[]): number | undefined {
  const counts = new Map<number, number>();
  for (const value of values) {
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort(([, left], [, right]) => right - left)[0]?.[0];
}
