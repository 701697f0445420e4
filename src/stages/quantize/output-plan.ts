// What one output file will hold, decided before a byte is written: metadata, tensors in file order with their types, and
// the exact size. Made by planning a quantization, a conversion or a copy; written by the factory host in one pass.
import { readAlignment } from '#src/formats/gguf/check-layout.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import {
  encodeGgufHeader,
  ggmlShape,
  type EncodedGgufHeader,
} from '#src/formats/gguf/write-header.ts';
import type { StudioError } from '#src/errors/studio-error.ts';
import { elementCountOf, type TensorView } from '#src/model/model-view.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';

export interface PlannedTensor {
  /** Where the rows come from; several outputs that name the same view share one read of it. */
  readonly source: TensorView;
  /** Its name in the output (pruning renumbers layers). */
  readonly name: string;
  readonly type: GgmlType;
  /** Weights of the rounding errors: one per column, matrix after matrix (columns × shape[2]). */
  readonly importance?: Float32Array;
}

export interface OutputPlan {
  /** How messages name it: `Q4_K_M`, `F16`, `as-is`. */
  readonly label: string;
  readonly metadata: readonly GgufEntry[];
  /** In file order. */
  readonly tensors: readonly PlannedTensor[];
  /** The encoded header and the place of every tensor; `header.fileSize` is the size of the file. */
  readonly header: EncodedGgufHeader;
  /** Bits per weight of the tensor data, as llama-quantize prints it. */
  readonly bitsPerWeight: number;
  /** What the user should know before writing: fallback types, missing weights, lost quality. */
  readonly notices: readonly string[];
  /** Why this plan must not be written (its size is right all the same). The writer throws the first one. */
  readonly problems: readonly StudioError[];
}

export interface OutputPlanParts {
  readonly label: string;
  readonly metadata: readonly GgufEntry[];
  readonly tensors: readonly PlannedTensor[];
  readonly notices?: readonly string[];
  readonly problems?: readonly StudioError[];
}

/** Lays a file out. Throws `gguf/invalid` for names, keys or shapes that no reader would accept. */
export function makeOutputPlan(parts: OutputPlanParts): OutputPlan {
  const { label, metadata, tensors } = parts;
  const header = encodeGgufHeader({
    version: 3,
    metadata,
    tensors: tensors.map(({ name, type, source }) => ({
      name,
      type,
      shape: ggmlShape(source.shape),
    })),
    alignment: readAlignment(label, metadata),
  });
  const bytes = header.tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0);
  const weights = tensors.reduce((sum, { source }) => sum + elementCountOf(source.shape), 0);
  return {
    label,
    metadata,
    tensors,
    header,
    bitsPerWeight: weights === 0 ? 0 : (bytes * 8) / weights,
    notices: parts.notices ?? [],
    problems: parts.problems ?? [],
  };
}

/** The same plan with other metadata: provenance, bundle lists. */
export function replanMetadata(plan: OutputPlan, metadata: readonly GgufEntry[]): OutputPlan {
  return makeOutputPlan({ ...plan, metadata });
}
