// Tensors of a checkpoint folder as the converter sees them, whatever file format they lie in.
import { invariant } from '#src/errors/assert.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { StudioError } from '#src/errors/studio-error.ts';

/** Bits per element of every element type that safetensors and PyTorch name (names as in safetensors). */
export const checkpointDtypeBits = {
  F32: 32, F16: 16, BF16: 16, F64: 64,
  I64: 64, I32: 32, I16: 16, I8: 8, U64: 64, U32: 32, U16: 16, U8: 8, BOOL: 8,
  F8_E4M3: 8, F8_E5M2: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8, F6_E2M3: 6, F6_E3M2: 6, F4: 4,
  C64: 64, C128: 128,
} as const; // prettier-ignore

export type CheckpointDtype = keyof typeof checkpointDtypeBits;

/** The types that weights are converted from; the others are integer buffers that families skip, or refused. */
export type WeightDtype = 'F32' | 'F16' | 'BF16';

export interface CheckpointTensor<Dtype extends CheckpointDtype = CheckpointDtype> {
  readonly name: string;
  readonly dtype: Dtype;
  /** PyTorch order: the row length is last. */
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Fills `target` with the contiguous (row-major), little-endian values from `byteOffset` on. */
  read(byteOffset: number, target: Uint8Array): Promise<void>;
}

/** A tensor over `readBytes`, which only sees ranges inside the tensor. */
export function checkpointTensor(
  facts: Omit<CheckpointTensor, 'read'>,
  readBytes: (byteOffset: number, target: Uint8Array) => Promise<void>,
): CheckpointTensor {
  const { name, byteLength } = facts;
  return {
    ...facts,
    async read(byteOffset, target) {
      invariant(
        byteOffset >= 0 && byteOffset + target.byteLength <= byteLength,
        `reading ${target.byteLength} bytes at ${byteOffset} of ${name} (${byteLength} bytes)`,
      );
      await readBytes(byteOffset, target);
    },
  };
}

export function isCheckpointDtype(text: string): text is CheckpointDtype {
  return Object.hasOwn(checkpointDtypeBits, text);
}

/** Bytes of a tensor, or undefined when that is no whole number or not exact in a double. */
export function checkpointByteLength(
  dtype: CheckpointDtype,
  shape: readonly number[],
): number | undefined {
  const bits =
    shape.reduce((product, size) => product * BigInt(size), 1n) *
    BigInt(checkpointDtypeBits[dtype]);
  const bytes = bits / 8n;
  return bits % 8n !== 0n || bytes > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(bytes);
}

/** Throws `format/limit` for a tensor name that is too long to be one. */
export function checkTensorName(label: string, name: string): void {
  if (name.length <= limits.checkpointNameLength) return;
  throw new StudioError(
    'format/limit',
    `${label}: a tensor's name has ${name.length} characters ("${name.slice(0, 80)}…"); at most ${limits.checkpointNameLength} are read.`,
    { hint: 'The file is damaged: fetch it again.' },
  );
}

/** Narrows a tensor to one whose values can be converted. Throws `tensor/unsupported-type`, naming tensor and type. */
export function requireWeights(tensor: CheckpointTensor): CheckpointTensor<WeightDtype> {
  const { dtype } = tensor;
  if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') return { ...tensor, dtype };
  throw new StudioError(
    'tensor/unsupported-type',
    `The tensor "${tensor.name}" has the type ${dtype}; weights are read in F32, F16 and BF16.`,
    {
      hint: dtype.startsWith('F8')
        ? 'This checkpoint is already quantized to 8 bits: use the original BF16 or F16 one.'
        : 'Save the model again in BF16, F16 or F32.',
      details: { tensor: tensor.name, dtype },
    },
  );
}
