// A subject's tensors as a grid of layers and kinds, from their GGUF names: `blk.12.attn_q.weight`.
import type { TensorErrors } from '#src/contract/quality/run.ts';

export interface TensorCell {
  readonly name: string;
  /** `attn_q`, `token_embd`. */
  readonly kind: string;
  /** Undefined outside the layers. */
  readonly layer: number | undefined;
  readonly type: string;
  readonly bytes: number;
  readonly weights: number;
  readonly error: number | undefined;
}

export interface TensorGrid {
  readonly layers: readonly number[];
  readonly kinds: readonly string[];
  readonly cells: readonly TensorCell[];
  readonly hasOutside: boolean;
}

/** Attention before feed-forward, matrices before norms: the order of a layer's computation. */
const order = [
  'token_embd',
  'attn_norm',
  'attn_qkv',
  'attn_q',
  'attn_k',
  'attn_v',
  'attn_output',
  'ffn_norm',
  'ffn_gate',
  'ffn_up',
  'ffn_down',
  'output_norm',
  'output',
];

export function tensorGrid({ tensors }: TensorErrors): TensorGrid {
  const cells = tensors.map(({ name, type, bytes, weights, relativeError }): TensorCell => {
    const match = /^blk\.(\d+)\.(.+?)(\.weight|\.bias)?$/.exec(name);
    const rest = match?.[2] ?? name.replace(/\.weight$/, '');
    return {
      name,
      kind: match?.[3] === '.bias' ? `${rest}.bias` : rest,
      layer: match?.[1] === undefined ? undefined : Number(match[1]),
      type,
      bytes,
      weights,
      error: relativeError,
    };
  });
  const layers = [...new Set(cells.flatMap(({ layer }) => layer ?? []))].sort((a, b) => a - b);
  const kinds = [...new Set(cells.map(({ kind }) => kind))].sort(
    (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1),
  );
  return { layers, kinds, cells, hasOutside: cells.some(({ layer }) => layer === undefined) };
}

function rank(kind: string): number {
  const exact = order.indexOf(kind);
  if (exact >= 0) return exact;
  const near = order.findIndex((known) => kind.startsWith(known));
  return near >= 0 ? near + 0.5 : order.length;
}
