// Typed ports of every node kind, and why a wire that does not fit does not fit. The canvas shows these sentences
// when it refuses a wire; `build` shows them for a file.
import { assertNever } from '#src/errors/assert.ts';
import type { NodeKind } from './recipe-schema.ts';

export type PortType = 'model' | 'adapter' | 'imatrix' | 'levels' | 'parent';

export interface InputPort {
  readonly name: string;
  readonly accepts: PortType;
  readonly minimum: number;
  readonly maximum: number;
  /** Completes "needs ...": what to wire here. */
  readonly needs: string;
}

export interface NodePorts {
  /** What the node gives; undefined for the end of a line. */
  readonly output: PortType | undefined;
  readonly inputs: readonly InputPort[];
}

const unlimited = Number.POSITIVE_INFINITY;

export const nodePorts: Record<NodeKind, NodePorts> = {
  base: { output: 'model', inputs: [] },
  adapter: { output: 'adapter', inputs: [] },
  imatrix: { output: 'imatrix', inputs: [] },
  merge: {
    output: 'model',
    inputs: [
      { name: 'base', accepts: 'model', minimum: 1, maximum: 1, needs: 'one base' },
      {
        name: 'adapters',
        accepts: 'adapter',
        minimum: 1,
        maximum: unlimited,
        needs: 'at least one adapter',
      },
    ],
  },
  quantize: {
    output: 'levels',
    inputs: [
      { name: 'model', accepts: 'model', minimum: 1, maximum: 1, needs: 'one base or merge' },
      { name: 'imatrix', accepts: 'imatrix', minimum: 0, maximum: 1, needs: 'one imatrix at most' },
    ],
  },
  package: {
    output: 'parent',
    inputs: [
      { name: 'levels', accepts: 'levels', minimum: 1, maximum: 1, needs: 'one quantize step' },
      {
        name: 'adapters',
        accepts: 'adapter',
        minimum: 0,
        maximum: unlimited,
        needs: 'adapters',
      },
    ],
  },
  family: {
    output: undefined,
    inputs: [
      {
        name: 'parents',
        accepts: 'parent',
        minimum: 1,
        maximum: unlimited,
        needs: 'at least one package',
      },
    ],
  },
  // What is measured may come from either input; that one of them is wired is a rule (node-rules.ts).
  evaluate: {
    output: undefined,
    inputs: [
      {
        name: 'levels',
        accepts: 'levels',
        minimum: 0,
        maximum: unlimited,
        needs: 'quantize steps',
      },
      { name: 'parents', accepts: 'parent', minimum: 0, maximum: unlimited, needs: 'packages' },
    ],
  },
};

/** The input of `to` that a wire from `from` goes to, or undefined when there is none (see `whyNot`). */
export function inputPortFor(from: NodeKind, to: NodeKind): InputPort | undefined {
  const type = nodePorts[from].output;
  // A merge of a merge would lose the base's exact weights: the wire fits by type, but is refused.
  if (from === 'merge' && to === 'merge') return undefined;
  return nodePorts[to].inputs.find((port) => port.accepts === type);
}

/** One sentence on why nothing of kind `from` can be wired into `to`. Call it only where `inputPortFor` gives none. */
export function whyNot(from: NodeKind, to: NodeKind): string {
  if (from === 'family')
    return 'A family is the end of a line: it writes the manifest and gives nothing on.';
  if (from === 'evaluate')
    return 'An evaluate step is the end of a line: it measures what is wired to it and gives nothing on.';
  switch (to) {
    case 'base':
    case 'adapter':
    case 'imatrix':
      return `${article(to)} is a source: it reads a file and takes no wires.`;
    case 'merge':
      if (from === 'merge')
        return 'Merging into a merge would depend on the order: wire all adapters into one merge step.';
      if (from === 'quantize' || from === 'package')
        return 'Adapters are merged before quantizing: their small changes are rounded away in quantized weights.';
      return 'A merge takes one base and its adapters.';
    case 'quantize':
      if (from === 'adapter')
        return 'An adapter is not a model: merge it into its base first, or wire it to a bundled package.';
      if (from === 'quantize' || from === 'package')
        return 'Quantizing twice only loses quality: give one quantize step all levels.';
      return 'A quantize step takes one model and an imatrix.';
    case 'package':
      if (from === 'base' || from === 'merge')
        return 'A package takes quantized levels: put a quantize step between (level as-is keeps the tensors untouched).';
      if (from === 'imatrix') return 'An imatrix belongs to the quantize step.';
      return 'A package is finished: gather packages in a family.';
    case 'family':
      return 'A family gathers packages: wire a package here.';
    case 'evaluate':
      return 'An evaluate step measures finished files: wire a quantize step or a package here.';
    default:
      return assertNever(to);
  }
}

function article(kind: NodeKind): string {
  return /^[aeiou]/.test(kind) ? `An ${kind}` : `A ${kind}`;
}
