// From errors and sensitivities to a type for every tensor, under a budget of bytes.
import type { Allocation } from '#src/contract/quality/allocate.ts';
import { tensorByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { bitClassOf, type Profile } from './candidate-types.ts';
import type { LocalError } from './local-error.ts';
import type { GroupSensitivity } from './sensitivity.ts';
import {
  bytesOf,
  damageOf,
  solveAllocation,
  type Allocatable,
  type Solution,
} from './solve-allocation.ts';
import { roleOfTensor } from './tensor-groups.ts';

export interface TensorToAllocate {
  readonly name: string;
  /** In ggml's order: row length first. */
  readonly shape: readonly number[];
  readonly group: string;
  /** The types that it may get, with their local errors; at least one. */
  readonly errors: readonly LocalError[];
}

export interface TypeChoice {
  readonly name: string;
  readonly type: GgmlType;
  /** In the file: the padding behind it included. */
  readonly bytes: number;
  readonly damage: number;
}

export interface AllocationProblem {
  readonly tensors: readonly TensorToAllocate[];
  readonly groups: readonly GroupSensitivity[];
  readonly profile: Profile;
  /** Bytes of the file that no choice changes: header, metadata, tensors that are not quantized. */
  readonly fixedBytes: number;
  readonly alignment: number;
}

/**
 * The allocation of least predicted KLD with a file of at most `budgetBytes`; undefined when none is that small. With
 * profile `attention-high` every attention tensor has a higher class of bits than every feed-forward tensor.
 */
export function planAllocation(
  problem: AllocationProblem,
  budgetBytes: number,
): Allocation | undefined {
  const tensors = choicesOf(problem);
  const budget = budgetBytes - problem.fixedBytes;
  const solution =
    problem.profile === 'attention-high'
      ? bestSplit(tensors, budget)
      : solveAllocation(tensors, budget);
  return solution === undefined ? undefined : allocationOf(problem, solution.chosen);
}

/** The same types, with damages as `problem` predicts them. */
export function predictAllocation(
  problem: AllocationProblem,
  { tensors }: Pick<Allocation, 'tensors'>,
): Allocation {
  const types = new Map(tensors.map(({ name, type }) => [name, type]));
  const chosen = choicesOf(problem).map(
    ({ name, choices }) => choices.find(({ type }) => type === types.get(name)) ?? choices[0]!,
  );
  return allocationOf(problem, chosen);
}

function choicesOf(problem: AllocationProblem): Allocatable<TypeChoice>[] {
  const weight = new Map(problem.groups.map(({ group, sensitivity }) => [group, sensitivity]));
  return problem.tensors.map(({ name, shape, group, errors }) => ({
    name,
    choices: errors.map(({ type, error }) => ({
      name,
      type,
      bytes: paddedBytes(type, shape, problem.alignment),
      damage: (weight.get(group) ?? 0) * weightsOf(shape) * error,
    })),
  }));
}

function allocationOf(problem: AllocationProblem, chosen: readonly TypeChoice[]): Allocation {
  return {
    tensors: chosen.map((choice) => ({ ...choice })),
    bytes: problem.fixedBytes + bytesOf(chosen),
    predictedKld: damageOf(chosen),
    groups: problem.groups.map((group) => ({ ...group })),
  };
}

/** File sizes with every tensor in its smallest, and in its largest type. */
export function reachableBytes(
  tensors: readonly { readonly shape: readonly number[]; readonly types: readonly GgmlType[] }[],
  { fixedBytes, alignment }: Pick<AllocationProblem, 'fixedBytes' | 'alignment'>,
): { smallest: number; largest: number } {
  let smallest = fixedBytes;
  let largest = fixedBytes;
  for (const { shape, types } of tensors) {
    const sizes = types.map((type) => paddedBytes(type, shape, alignment));
    smallest += Math.min(...sizes);
    largest += Math.max(...sizes);
  }
  return { smallest, largest };
}

export function paddedBytes(type: GgmlType, shape: readonly number[], alignment: number): number {
  return Math.ceil(tensorByteLength(type, shape) / alignment) * alignment;
}

function weightsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Tries every border between the classes of bits; the best of the solutions is the constrained optimum. */
function bestSplit(
  tensors: readonly Allocatable<TypeChoice>[],
  budget: number,
): Solution<TypeChoice> | undefined {
  const classes = new Set(tensors.flatMap(({ choices }) => choices.map((c) => bitClassOf(c.type))));
  let best: Solution<TypeChoice> | undefined;
  for (const border of classes) {
    const limited = tensors.map(({ name, choices }) => {
      const role = roleOfTensor(name);
      return {
        name,
        choices: choices.filter(({ type }) => {
          if (role === 'attention') return bitClassOf(type) > border;
          return role !== 'feed-forward' || bitClassOf(type) <= border;
        }),
      };
    });
    if (limited.some(({ choices }) => choices.length === 0)) continue;
    const solution = solveAllocation(limited, budget);
    if (solution !== undefined && !(solution.damage >= (best?.damage ?? Infinity))) best = solution;
  }
  return best;
}
