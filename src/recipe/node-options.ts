// The fields of a recipe's nodes as an inspector shows them. Labels, descriptions, bounds and choices come from the stage
// descriptors that the command line's help is made of, or, where no command has the option, from the recipe schema.
import { z } from 'zod';
import { convertDescriptor, convertLoraDescriptor } from '#src/stages/convert/descriptor.ts';
import { evaluateDescriptor } from '#src/stages/evaluate/descriptor.ts';
import { imatrixDescriptor } from '#src/stages/imatrix/descriptor.ts';
import { mergeDescriptor } from '#src/stages/merge/descriptor.ts';
import { quantizeDescriptor } from '#src/stages/quantize/descriptor.ts';
import { contextWindowOption, emotionOption } from '#src/stages/shared-options.ts';
import type { OptionDescriptor } from '#src/stages/stage-descriptor.ts';
import { recipeNodeSchema, type NodeKind } from './recipe-schema.ts';

/** What control a field asks for. */
export type NodeOptionKind =
  | 'flag'
  | 'text'
  | 'path'
  | 'paths'
  | 'file'
  | 'integer'
  | 'number'
  | 'choice'
  | 'levels'
  | 'tensor-types'
  | 'layers'
  | 'names'
  | 'companions';

export interface NodeOption {
  /** The field of the recipe's node. */
  readonly field: string;
  readonly label: string;
  readonly description: string;
  readonly kind: NodeOptionKind;
  readonly choices?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  /** False when the recipe must hold it. */
  readonly optional: boolean;
}

interface FieldSource {
  /** The option of a stage that means the same. */
  readonly option?: OptionDescriptor;
  /** Where no option gives them, or where the canvas needs another control than the command line. */
  readonly label?: string;
  readonly kind?: NodeOptionKind;
}

const evaluate = evaluateDescriptor.options;
const imatrix = imatrixDescriptor.options;
const merge = mergeDescriptor.options;
const quantize = quantizeDescriptor.options;
const output = {
  folder: { option: quantize.outdir },
  fileName: { label: 'File name' },
} as const;
const shown = { label: { label: 'Shown as' } } as const;

/** Which fields a kind shows, in order; the source file and pins are drawn apart. */
const fields: Readonly<Record<NodeKind, Readonly<Record<string, FieldSource>>>> = {
  base: { preTokenizer: { option: convertDescriptor.options.pre }, ...shown },
  adapter: {
    scale: { label: 'Scale', kind: 'number' },
    domain: { label: 'Domain' },
    subdomain: { label: 'Subdomain' },
    ...shown,
  },
  imatrix: {
    texts: { option: imatrix.file, label: 'Calibration texts', kind: 'paths' },
    contextSize: { option: imatrix['ctx-size'] },
    chunks: { label: imatrix.chunks.label, kind: 'integer' },
    processOutput: { option: imatrix['process-output'] },
    parseSpecial: { option: imatrix['parse-special'] },
    ...shown,
  },
  merge: {
    method: { option: merge.method },
    density: { option: merge.density },
    seed: { option: merge.seed },
    ...shown,
  },
  quantize: {
    levels: { option: quantize.levels },
    outputTensorType: { option: quantize['output-tensor-type'], kind: 'choice' },
    tokenEmbeddingType: { option: quantize['token-embedding-type'], kind: 'choice' },
    tensorTypes: { option: quantize['tensor-type'], kind: 'tensor-types' },
    pure: { option: quantize.pure },
    leaveOutputTensor: { option: quantize['leave-output-tensor'] },
    pruneLayers: { option: quantize['prune-layers'], kind: 'layers' },
    allowRequantize: { option: quantize['allow-requantize'] },
    ...output,
    ...shown,
  },
  package: {
    form: { label: 'Form', kind: 'choice' },
    domain: { label: 'Domain' },
    contextWindow: { option: contextWindowOption },
    adapterType: { option: convertLoraDescriptor.options.outtype, label: 'Adapter type' },
    ...output,
    ...shown,
  },
  family: {
    name: { label: 'Name' },
    folder: { label: 'Output folder', kind: 'path' },
    emotion: { option: emotionOption },
    companions: { label: 'Companions', kind: 'companions' },
    routing: { label: 'Routing set', kind: 'file' },
    ...shown,
  },
  evaluate: {
    suites: { option: evaluate.suite, kind: 'names' },
    contextSize: { option: evaluate['ctx-size'] },
    // Without -1, which on the command line means all of them.
    chunks: { label: evaluate.chunks.label, kind: 'integer' },
    gate: { label: 'Gate: mean KLD', kind: 'number' },
    gateSameTop: { label: 'Gate: same top', kind: 'number' },
    fullComparison: { option: evaluate.full },
    ...shown,
  },
};

/** The options of a node kind, in the order of the inspector. */
export function nodeOptions(kind: NodeKind): readonly NodeOption[] {
  const shape = shapeOf(kind);
  return Object.entries(fields[kind]).flatMap(([field, source]) => {
    const schema = shape[field];
    return schema === undefined ? [] : [nodeOption(field, source, schema)];
  });
}

/** One option of a kind; undefined when the kind has no such field. */
export function nodeOptionOf(kind: NodeKind, field: string): NodeOption | undefined {
  return nodeOptions(kind).find((option) => option.field === field);
}

type Shape = Readonly<Record<string, z.core.$ZodType>>;

function shapeOf(kind: NodeKind): Shape {
  const schema = recipeNodeSchema.options.find(({ shape }) => shape.kind.value === kind);
  return schema?.shape ?? {};
}

function nodeOption(field: string, source: FieldSource, schema: z.core.$ZodType): NodeOption {
  const { inner, optional, fallback } = unwrap(schema);
  const { option } = source;
  const kind = source.kind ?? kindOf(option, inner);
  const choices = choicesOf(option, inner);
  const bounds = option !== undefined && 'minimum' in option ? option : {};
  return {
    field,
    label: source.label ?? option?.label ?? field,
    description: wordsOf(option?.description ?? descriptionOf(schema), kind),
    kind,
    optional,
    ...(choices === undefined ? {} : { choices }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...boundsOf(bounds),
  };
}

/** Lists are one field of the canvas, where the command line repeats an option. */
function wordsOf(description: string, kind: NodeOptionKind): string {
  if (kind !== 'names' && kind !== 'paths') return description;
  return `${description.replace(/ May be (?:repeated|given several times)\.$/, '')} Separate several by commas.`;
}

function boundsOf(bounds: { minimum?: number; maximum?: number }) {
  return {
    ...(bounds.minimum === undefined ? {} : { minimum: bounds.minimum }),
    ...(bounds.maximum === undefined ? {} : { maximum: bounds.maximum }),
  };
}

function kindOf(option: OptionDescriptor | undefined, inner: z.core.$ZodType): NodeOptionKind {
  if (option !== undefined && option.kind !== 'scaled-paths') return option.kind;
  if (inner instanceof z.ZodEnum) return 'choice';
  if (inner instanceof z.ZodBoolean) return 'flag';
  if (inner instanceof z.ZodNumber) return 'number';
  return 'text';
}

function choicesOf(
  option: OptionDescriptor | undefined,
  inner: z.core.$ZodType,
): readonly string[] | undefined {
  if (inner instanceof z.ZodEnum) return inner.options.map(String);
  if (inner instanceof z.ZodArray && inner.element instanceof z.ZodEnum) {
    return inner.element.options.map(String);
  }
  return option?.kind === 'choice' ? option.choices : undefined;
}

/** Takes `optional` and `default` off a schema. */
function unwrap(schema: z.core.$ZodType): {
  inner: z.core.$ZodType;
  optional: boolean;
  fallback: unknown;
} {
  let inner = schema;
  let optional = false;
  let fallback: unknown;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) {
    optional = true;
    if (inner instanceof z.ZodDefault) fallback = inner.def.defaultValue;
    inner = inner.def.innerType;
  }
  return { inner, optional, fallback };
}

/** The description stands on whichever wrapper it was given to. */
function descriptionOf(schema: z.core.$ZodType): string {
  let inner = schema;
  for (;;) {
    const text = z.globalRegistry.get(inner)?.description;
    if (text !== undefined) return text;
    if (!(inner instanceof z.ZodOptional || inner instanceof z.ZodDefault)) return '';
    inner = inner.def.innerType;
  }
}
