// How much a group of tensors matters: KLD per unit of local error (relative squared error times the number of weights).
// Measured by probes where there are any, else from published figures.
import { placeOfTensor, roleOfTensor } from './tensor-groups.ts';

export interface WeighedTensor {
  readonly name: string;
  /** Number of weights. */
  readonly weights: number;
  readonly group: string;
}

export interface GroupSensitivity {
  readonly group: string;
  readonly tensors: number;
  /** KLD per unit of Σ weights × relative error. */
  readonly sensitivity: number;
  readonly probeKld?: number;
}

/** What a probe found: the group at `errors`, everything else untouched. */
export interface Probe {
  readonly group: string;
  readonly kld: number;
  /** Σ weights × relative error of the group's tensors in the probed types. */
  readonly error: number;
}

/**
 * KLD of a whole model per unit of its weighted mean relative error, without probes: Qwen3-4B has KLD 0.047 with all
 * tensors in Q4_K, whose relative error is about 0.0055 (quantization.md 1.5). It sets the scale of predictions only; the
 * allocation depends on the ratios.
 */
const kldPerError = 8.5;
/** A probe within the measurement's noise must not make its group worthless. */
const leastShare = 0.02;

/** Relative weight of a tensor per parameter (quantization.md 2.4): keys and values 5, tied embeddings 8, ends of the stack 2. */
export function priorWeight(
  name: string,
  { lastLayer, isTied }: { lastLayer: number; isTied: boolean },
): number {
  const role = roleOfTensor(name);
  if (role === 'output') return 6;
  if (role === 'embedding') return isTied ? 8 : 1;
  const { layer, category } = placeOfTensor(name);
  const kind = /^attn_(?:k|v|kv|qkv|kv_b|k_b|v_b)$/.test(category) ? 5 : 1;
  return layer === 0 || layer === lastLayer ? 2 * kind : kind;
}

/** One per group, in the order in which groups first appear. */
export function groupSensitivities(
  tensors: readonly WeighedTensor[],
  probes: readonly Probe[],
): GroupSensitivity[] {
  const names = tensors.map(({ name }) => name);
  const shape = {
    lastLayer: names.reduce((last, name) => Math.max(last, placeOfTensor(name).layer ?? 0), 0),
    isTied: !names.includes('output.weight'),
  };
  const prior = ({ name }: WeighedTensor) => priorWeight(name, shape);
  const total = tensors.reduce((sum, tensor) => sum + prior(tensor) * tensor.weights, 0);
  const groups = new Map<string, WeighedTensor[]>();
  for (const tensor of tensors)
    groups.set(tensor.group, [...(groups.get(tensor.group) ?? []), tensor]);
  const guessed = [...groups].map(([group, members]): GroupSensitivity => {
    const weights = members.reduce((sum, member) => sum + member.weights, 0);
    const weighted = members.reduce((sum, member) => sum + prior(member) * member.weights, 0);
    return {
      group,
      tensors: members.length,
      sensitivity: total === 0 ? 0 : (kldPerError * weighted) / weights / total,
    };
  });
  return probes.length === 0 ? guessed : measured(guessed, probes);
}

/** Groups without a usable probe get the prior, on the probes' scale. */
function measured(guessed: readonly GroupSensitivity[], probes: readonly Probe[]) {
  const found = new Map(
    probes.filter(({ error }) => error > 0).map((probe) => [probe.group, probe]),
  );
  const ratios = guessed.flatMap(({ group, sensitivity }) => {
    const probe = found.get(group);
    return probe === undefined || !(probe.kld > 0) || sensitivity === 0
      ? []
      : [probe.kld / probe.error / sensitivity];
  });
  const scale = median(ratios) ?? 1;
  return guessed.map((guess): GroupSensitivity => {
    const probe = found.get(guess.group);
    const expected = guess.sensitivity * scale;
    if (probe === undefined || !Number.isFinite(probe.kld)) {
      return { ...guess, sensitivity: expected };
    }
    const sensitivity = Math.max(probe.kld / probe.error, leastShare * expected);
    return { ...guess, sensitivity, probeKld: probe.kld };
  });
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)];
}
