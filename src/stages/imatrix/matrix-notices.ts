// What a person should know about an importance matrix before quantizing with it.
import type { ImatrixTensor } from '#src/contract/quality/imatrix.ts';
import { formatCount } from '#src/text/format-number.ts';

/** Few tensors are named, the rest counted. */
const namedTensors = 3;

export function matrixNotices(tensors: readonly ImatrixTensor[]): string[] {
  const zero = tensors.filter(({ zeroColumns }) => zeroColumns > 0);
  const unused = tensors.filter(({ unusedMatrices }) => unusedMatrices > 0);
  return [
    ...(zero.length === 0
      ? []
      : [
          `${countOf(zero.length, 'tensor has', 'tensors have')} channels that the texts never used: ${list(zero, ({ zeroColumns }) => `${formatCount(zeroColumns)} in`)}. Quantizing gives them no weight; --floor 0.001 gives them a share of their row's mean.`,
        ]),
    ...(unused.length === 0
      ? []
      : [
          `${countOf(unused.length, 'tensor has', 'tensors have')} experts that the texts never used: ${list(unused, ({ unusedMatrices, matrices }) => `${unusedMatrices} of ${matrices} in`)}. Quantizing weighs their channels evenly; more and more varied text reaches more experts.`,
        ]),
  ];
}

function list(tensors: readonly ImatrixTensor[], about: (tensor: ImatrixTensor) => string): string {
  const named = tensors.slice(0, namedTensors).map((tensor) => `${about(tensor)} ${tensor.name}`);
  const others = tensors.length - named.length;
  return `${named.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}

function countOf(count: number, one: string, many: string): string {
  return count === 1 ? `One ${one}` : `${formatCount(count)} ${many}`;
}
