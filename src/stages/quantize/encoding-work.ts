// What writing a set of outputs costs, counted per kind of work: the amounts that this machine's measured rates turn into
// seconds. Types differ by a factor of thirty, so that bytes alone tell little about the time.
import { elementCountOf, type TensorView } from '#src/model/model-view.ts';
import { rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import type { OutputPlan } from './output-plan.ts';

/** `encode Q4_K`, `encode Q4_K weighted`, `decode BF16`, `merge`: weights; `read`, `write`: bytes. */
export type WorkKind =
  | `encode ${GgmlType}`
  | `encode ${GgmlType} weighted`
  | `decode ${GgmlType}`
  | 'merge'
  | 'read'
  | 'write';

export type Work = ReadonlyMap<WorkKind, number>;
/** Units per second of one thread. */
export type Rates = ReadonlyMap<WorkKind, number>;

export interface PlannedEncoding {
  readonly type: GgmlType;
  readonly importance: Float32Array | undefined;
  readonly isCopy: boolean;
  /** Into how many files it goes. */
  readonly copies: number;
}

/** The work of one source tensor and everything that is made of it. */
export function tensorWork(source: TensorView, encodings: readonly PlannedEncoding[]): Work {
  const work = new Map<WorkKind, number>();
  const add = (kind: WorkKind, amount: number) => work.set(kind, (work.get(kind) ?? 0) + amount);
  const weights = elementCountOf(source.shape);
  add('read', rowByteLength(source.type, weights));
  const computed = encodings.filter(({ isCopy }) => !isCopy);
  if (computed.length > 0) add(`decode ${source.type}`, weights);
  if (computed.length > 0 && source.loadCombination !== undefined) add('merge', weights);
  for (const { type, importance } of computed) {
    add(importance === undefined ? `encode ${type}` : `encode ${type} weighted`, weights);
  }
  for (const { type, copies } of encodings) add('write', rowByteLength(type, weights) * copies);
  return work;
}

/** The work of writing these outputs in one pass: outputs that want the same encoding share it, as the writer does. */
export function plannedWork(plans: readonly OutputPlan[]): Work {
  const bySource = new Map<TensorView, (PlannedEncoding & { copies: number })[]>();
  for (const { source, type, importance } of plans.flatMap(({ tensors }) => tensors)) {
    const known = bySource.get(source) ?? [];
    bySource.set(source, known);
    const isCopy = type === source.type && source.loadCombination === undefined;
    const weights = isCopy ? undefined : importance;
    const same = known.find((one) => one.type === type && one.importance === weights);
    if (same !== undefined) same.copies++;
    else known.push({ type, importance: weights, isCopy, copies: 1 });
  }
  return sumOfWork([...bySource].map(([source, encodings]) => tensorWork(source, encodings)));
}

export function sumOfWork(works: readonly Work[]): Work {
  const sum = new Map<WorkKind, number>();
  for (const work of works) {
    for (const [kind, amount] of work) sum.set(kind, (sum.get(kind) ?? 0) + amount);
  }
  return sum;
}

/**
 * Seconds for the work: computing is shared by the threads, reading and writing is one thread's, and both go on at once.
 * Undefined when a rate is missing.
 */
export function secondsOfWork(work: Work, rates: Rates, threads: number): number | undefined {
  let computing = 0;
  let moving = 0;
  for (const [kind, amount] of work) {
    const rate = rates.get(kind);
    if (rate === undefined) return undefined;
    if (kind === 'read' || kind === 'write') moving += amount / rate;
    else computing += amount / rate;
  }
  return Math.max(computing / Math.max(1, threads), moving);
}
