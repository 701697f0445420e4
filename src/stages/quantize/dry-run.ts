// Asking llama.cpp for its own choice of types: the port to its dry run, and the reading of the lines it logs.
// Mixture rules are not re-implemented anywhere (design.md section 4).
import { StudioError } from '#src/errors/studio-error.ts';
import { ggmlTypeByName, type GgmlType } from '#src/tensors/ggml-types.ts';

export interface DryRunRequest {
  /** `llama_ftype`. */
  readonly fileType: number;
  readonly onlyCopy: boolean;
  readonly pure: boolean;
  readonly quantizeOutputTensor: boolean;
  readonly outputTensorType?: GgmlType | undefined;
  readonly tokenEmbeddingType?: GgmlType | undefined;
  readonly tensorTypes: readonly (readonly [pattern: string, type: GgmlType])[];
  readonly pruneLayers: readonly number[];
  /** Some mixtures differ when there is an importance matrix; its content does not matter here. */
  readonly hasImportance: boolean;
}

export interface DryRunLog {
  /** False when llama.cpp refused. */
  readonly ok: boolean;
  /** Whole lines of its log. */
  readonly lines: readonly string[];
  /** Its reason when it refused. */
  readonly reason: string;
}

/** A model that llama.cpp can look at: a header over a hole of the right size. */
export interface DryRunModel {
  run(request: DryRunRequest): DryRunLog;
  close(): Promise<void>;
}

export type DryRunOpener = (header: Uint8Array, fileSize: number) => Promise<DryRunModel>;

export interface TensorFallback {
  readonly tensor: string;
  readonly columns: number;
  readonly wanted: GgmlType;
  readonly used: GgmlType;
}

export interface DryRunReport {
  /** Target types, in llama.cpp's order of tensors. */
  readonly types: readonly GgmlType[];
  readonly fallbacks: readonly TensorFallback[];
}

// [  20/  38] blk.1.ffn_up.weight - [ 256, 768, 1, 1], type =    f16, size =     0.38 MiB ->     0.11 MiB (q4_K)
const tensorLine =
  /^\[ *(\d+)\/ *\d+\] (.*), type = *(\S+), size = *[\d.]+ MiB(?: -> *[\d.]+ MiB \((\S+)\))?$/;
// warning: blk.0.ffn_down.weight - ncols 896 not divisible by 256 (required for type q4_K) -> falling back to q5_0
const fallbackLine =
  /^warning: (\S+) +- ncols +(\d+) not divisible by +\d+ \(required for type +(\S+)\) (?:\(WARNING: .*\) )?-> falling back to +(\S+)$/;

/**
 * Reads a dry run's log. `names` are the tensors in llama.cpp's order: every one must be reported, in that order.
 * Throws `quantize/failed` when llama.cpp refused or reported something else.
 */
export function readDryRun(log: DryRunLog, names: readonly string[]): DryRunReport {
  if (!log.ok) {
    throw new StudioError(
      'quantize/failed',
      `llama.cpp cannot quantize this model: ${log.reason.replace(/\.$/, '')}.`,
      {
        hint: 'Check the options, --tensor-type patterns first; without options, gguf-studio validate tells more of the file.',
        details: { log: log.lines.slice(-20) },
      },
    );
  }
  const types: GgmlType[] = [];
  const fallbacks: TensorFallback[] = [];
  for (const line of log.lines) {
    const tensor = tensorLine.exec(line);
    if (tensor !== null) {
      const [, number, description = '', sourceType, targetType] = tensor;
      const expected = names[types.length];
      if (Number(number) !== types.length + 1 || !fits(description, expected)) {
        throw unexpected(`tensor ${types.length + 1} is "${description}", not "${expected ?? ''}"`);
      }
      types.push(typeNamed(targetType ?? sourceType!));
      continue;
    }
    const fallback = fallbackLine.exec(line);
    if (fallback === null) continue;
    const [, name, columns, wanted, used] = fallback;
    fallbacks.push({
      tensor: name!,
      columns: Number(columns),
      wanted: typeNamed(wanted!),
      used: typeNamed(used!),
    });
  }
  if (types.length !== names.length) {
    throw unexpected(`it reported ${types.length} of ${names.length} tensors`);
  }
  return { types, fallbacks };
}

/** The description is the name, padded, and the shape. */
function fits(description: string, name: string | undefined): boolean {
  if (name === undefined || !description.startsWith(name)) return false;
  return /^ * - \[[ \d,]+\]$/.test(description.slice(name.length));
}

function typeNamed(name: string): GgmlType {
  const type = ggmlTypeByName(name);
  if (type === undefined) throw unexpected(`it names the unknown type ${name}`);
  return type;
}

function unexpected(what: string): StudioError {
  return new StudioError(
    'quantize/failed',
    `The plan that llama.cpp made cannot be read: ${what}.`,
    { hint: 'Please report this with the model that was quantized.' },
  );
}
