// What has to be computed: each source tensor once, with everyone who wants it. Outputs that want the same encoding with
// the same weights share it (Q4_K_M and Q5_K_M have their Q6_K tensors in common).
import type { TensorView } from '#src/model/model-view.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import type { OutputSession } from './output-session.ts';

export interface Consumer {
  readonly session: OutputSession;
  /** Index of the tensor in that output. */
  readonly index: number;
}

export interface Encoding {
  readonly type: GgmlType;
  readonly importance: Float32Array | undefined;
  /** True when the source's own bytes are what is wanted. */
  readonly isCopy: boolean;
  readonly consumers: readonly Consumer[];
}

export interface WriteItem {
  readonly source: TensorView;
  readonly encodings: readonly Encoding[];
}

/** Lists the work in the order of the first output; tensors that only others have come after. */
export function listWork(sessions: readonly OutputSession[]): WriteItem[] {
  const encodings = new Map<TensorView, (Encoding & { consumers: Consumer[] })[]>();
  for (const session of sessions) {
    session.plan.tensors.forEach(({ source, type, importance }, index) => {
      if (session.isDone(index)) return;
      const known = encodings.get(source) ?? [];
      encodings.set(source, known);
      const isCopy = type === source.type && source.loadCombination === undefined;
      const weights = isCopy ? undefined : importance;
      const same = known.find(
        (encoding) => encoding.type === type && encoding.importance === weights,
      );
      if (same !== undefined) same.consumers.push({ session, index });
      else known.push({ type, importance: weights, isCopy, consumers: [{ session, index }] });
    });
  }
  return [...encodings].map(([source, list]) => ({ source, encodings: list }));
}
