// What a plan tells its user: notices (types that did not fit, tensors without weights, quality that is lost) and problems
// (reasons why llama-quantize would refuse, or abort, when writing it).
import { StudioError } from '#src/errors/studio-error.ts';
import { ggmlTypes, isQuantizedType, type GgmlType } from '#src/tensors/ggml-types.ts';
import type { TensorFallback } from './dry-run.ts';
import { needsImportance, usesImportance } from './importance.ts';
import type { PlannedTensor } from './output-plan.ts';
import type { OutputLevel, QuantizeOptions } from './quantize-options.ts';

export interface PlanFacts {
  readonly level: OutputLevel;
  readonly fileType: number;
  readonly tensors: readonly PlannedTensor[];
  readonly options: QuantizeOptions;
  readonly fallbacks: readonly TensorFallback[];
}

export function planNotices(facts: PlanFacts): string[] {
  return [...fallbackNotices(facts), ...importanceNotices(facts), ...requantizeNotices(facts)];
}

export function planProblems(facts: PlanFacts): StudioError[] {
  return [...importanceProblems(facts), ...requantizeProblems(facts)];
}

/** Tensors whose source is already quantized and whose bytes change. */
export function requantizedTensors(tensors: readonly PlannedTensor[]): PlannedTensor[] {
  return tensors.filter(
    ({ source, type }) =>
      isQuantizedType(source.type) &&
      (type !== source.type || source.loadCombination !== undefined),
  );
}

function fallbackNotices({ level, tensors, fallbacks }: PlanFacts): string[] {
  const [first] = fallbacks;
  if (first === undefined) return [];
  const { columns, wanted, used } = first;
  const block = `${wanted} blocks of ${ggmlTypes[wanted].blockSize}`;
  return [
    `${level}: ${fallbacks.length} of ${tensors.length} tensors fall back to larger types: ` +
      `rows of ${columns} weights do not divide into ${block} (${first.tensor} becomes ${used}).`,
  ];
}

/** Tensors that are really encoded anew, not copied. */
function encoded(tensors: readonly PlannedTensor[]): PlannedTensor[] {
  return tensors.filter(
    ({ source, type }) => type !== source.type || source.loadCombination !== undefined,
  );
}

function importanceNotices({ level, tensors, options }: PlanFacts): string[] {
  const { importance } = options;
  if (importance === undefined || importance.weights.size === 0) return [];
  const weighted = encoded(tensors).filter(({ type }) => usesImportance(type));
  const without = weighted.filter((tensor) => tensor.importance === undefined);
  const zeros = weighted.filter(({ importance: weights }) => weights?.includes(0) ?? false);
  return [
    ...(without.length === 0
      ? []
      : [
          `${level}: ${importance.path} has no weights for ${listed(without)}; rounded without weights.`,
        ]),
    ...(zeros.length === 0
      ? []
      : [
          `${level}: ${importance.path} gives weight 0 to some columns of ${listed(zeros)}: their rounding errors count for nothing.`,
        ]),
  ];
}

function requantizeNotices({ level, tensors, options }: PlanFacts): string[] {
  if (options.allowRequantize !== true) return [];
  const again = requantizedTensors(tensors);
  if (again.length === 0) return [];
  return [
    `${level}: ${listed(again)} ${again.length === 1 ? 'was' : 'were'} already quantized (${sourceTypes(again)}): ` +
      'the errors of that rounding stay and new ones are added; a file of the same size made from the F16 or BF16 original is better.',
  ];
}

function importanceProblems({ level, fileType, tensors }: PlanFacts): StudioError[] {
  const missing = encoded(tensors).filter(
    ({ name, type, importance }) =>
      importance === undefined && needsImportance(name, type, fileType),
  );
  const [first] = missing;
  if (first === undefined) return [];
  return [
    new StudioError(
      'quantize/needs-imatrix',
      `${level} needs an importance matrix: without one, ${first.type} makes ${listed(missing)} useless.`,
      {
        hint: 'Give one with --imatrix (made with llama-imatrix from the same model), or choose a level of 3 bits or more.',
        details: { level, tensors: missing.map(({ name }) => name).slice(0, 100) },
      },
    ),
  ];
}

function requantizeProblems({ level, tensors, options }: PlanFacts): StudioError[] {
  if (options.allowRequantize === true) return [];
  const again = requantizedTensors(tensors);
  if (again.length === 0) return [];
  const hint =
    'Start from the F32, F16 or BF16 model, keep the tensors (level COPY, in a build as-is), or accept the loss with --allow-requantize (in a recipe: "allowRequantize": true).';
  return [requantizeProblem(level, again, hint)];
}

/** The refusal to round `again`, tensors that are quantized already, to `label` a second time. */
export function requantizeProblem(
  label: string,
  again: readonly PlannedTensor[],
  hint: string,
): StudioError {
  return new StudioError(
    'quantize/requantize',
    `${listed(again)} ${again.length === 1 ? 'is' : 'are'} already quantized (${sourceTypes(again)}); ${label} would round a second time.`,
    { hint, details: { level: label, tensors: again.map(({ name }) => name).slice(0, 100) } },
  );
}

function sourceTypes(tensors: readonly PlannedTensor[]): string {
  const types = new Set<GgmlType>(tensors.map(({ source }) => source.type));
  return [...types].join(', ');
}

/** `blk.0.attn_q.weight`, or `blk.0.attn_q.weight and 11 other tensors`. */
function listed(tensors: readonly PlannedTensor[]): string {
  const first = tensors[0]?.name ?? 'no tensor';
  const others = tensors.length - 1;
  if (others <= 0) return first;
  return `${first} and ${others} other tensor${others === 1 ? '' : 's'}`;
}
