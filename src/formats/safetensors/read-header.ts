// Reads and checks the header of a safetensors file: u64 length, JSON, then the tensors' bytes without holes. The checks are
// those of the reference implementation (safetensors/src/tensor.rs), made on the header alone.
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { compareCodePoints, decodeStrictUtf8 } from '#src/formats/bytes/utf8.ts';
import {
  checkpointByteLength,
  checkTensorName,
  isCheckpointDtype,
  type CheckpointDtype,
} from '#src/formats/checkpoint-tensor.ts';
import { describeForeignFile, recognizeFile } from '#src/formats/recognize-file.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { outlineOfJson } from './scan-json.ts';

export interface SafetensorsTensor {
  readonly name: string;
  readonly dtype: CheckpointDtype;
  /** PyTorch order. */
  readonly shape: readonly number[];
  /** Offset in the file. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes, as the safetensors library gives them; see sortedByName. */
  readonly tensors: readonly SafetensorsTensor[];
  /** `__metadata__`: text by name. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Throws `safetensors/invalid` (naming what the file is instead), `format/limit` or `format/truncated`. */
export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const { bytes, dataOffset } = await readHeaderBytes(source);
  const header = parseHeader(source.label, bytes);
  const tensors: SafetensorsTensor[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = readMetadata(source.label, value);
    else {
      checkTensorName(source.label, name);
      tensors.push(readTensor(source.label, name, value, dataOffset));
    }
  }
  tensors.sort((left, right) => left.offset - right.offset || left.byteLength - right.byteLength);
  checkLayout(source, tensors, dataOffset);
  return { tensors, metadata };
}

/** The order of gguf-py's SafetensorsLocal, which the reference converter reads models through. */
export function sortedByName(tensors: readonly SafetensorsTensor[]): readonly SafetensorsTensor[] {
  return [...tensors].sort((left, right) => compareCodePoints(left.name, right.name));
}

async function readHeaderBytes(
  source: ByteSource,
): Promise<{ bytes: Uint8Array; dataOffset: number }> {
  const head = await readBytes(source, 0, Math.min(source.size, 512));
  const kind = recognizeFile(head, source.size);
  const length = head.length < 9 ? 0n : new DataView(head.buffer).getBigUint64(0, true);
  // A truncated file starts like a sound one: a plausible length and a brace.
  const plausible =
    head[8] === 0x7b && length >= 2n && length <= BigInt(limits.safetensorsHeaderBytes);
  if (kind.kind !== 'safetensors' && !plausible) {
    const found = describeForeignFile(head, source.size);
    throw new StudioError(
      'safetensors/invalid',
      `${source.label}: this is not a safetensors file but ${found.description}.`,
      { hint: found.hint, details: { kind: found.kind } },
    );
  }
  if (length > BigInt(limits.safetensorsHeaderBytes)) {
    throw new StudioError(
      'format/limit',
      `${source.label}: the safetensors header claims ${length} bytes; at most ${limits.safetensorsHeaderBytes} are read.`,
      { hint: 'The file is damaged: fetch it again.' },
    );
  }
  const bytes = await readBytes(source, 8, Number(length));
  return { bytes, dataOffset: 8 + Number(length) };
}

function parseHeader(label: string, bytes: Uint8Array): object {
  const outline = outlineOfJson(bytes);
  // Each tensor has one object and two arrays, the metadata one object.
  if (outline.deepest > 3 || outline.containers > 1 + 3 * outline.topLevelKeys) {
    throw invalid(label, 'its header is not a list of tensors');
  }
  if (outline.topLevelKeys > limits.checkpointTensors) {
    throw new StudioError(
      'format/limit',
      `${label}: the header lists ${outline.topLevelKeys} tensors; at most ${limits.checkpointTensors} are read.`,
    );
  }
  const text = decodeStrictUtf8(bytes);
  if (text === undefined) throw invalid(label, 'its header is not UTF-8 text');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw invalid(label, 'its header is not valid JSON', error);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw invalid(label, 'its header is not a JSON object');
  }
  if (Object.keys(parsed).length !== outline.topLevelKeys) {
    throw invalid(label, 'two tensors have the same name');
  }
  return parsed;
}

function readMetadata(label: string, value: unknown): ReadonlyMap<string, string> {
  const entries = Object.entries(value ?? {});
  if (typeof value !== 'object' || entries.some(([, text]) => typeof text !== 'string')) {
    throw invalid(label, '"__metadata__" is not a map of strings');
  }
  return new Map(entries as [string, string][]);
}

function readTensor(
  label: string,
  name: string,
  value: unknown,
  dataOffset: number,
): SafetensorsTensor {
  const { dtype, shape, data_offsets: range } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !isCheckpointDtype(dtype)) {
    throw invalid(
      label,
      `the tensor "${name}" has the unknown type ${JSON.stringify(dtype)?.slice(0, 40)}`,
    );
  }
  if (!isCountList(shape) || shape.length > limits.checkpointDimensions) {
    throw invalid(
      label,
      `the tensor "${name}" has no valid shape (${JSON.stringify(shape)?.slice(0, 80)})`,
    );
  }
  if (!isCountList(range) || range.length !== 2) {
    throw invalid(label, `the tensor "${name}" has no valid data_offsets`);
  }
  const [start = 0, end = 0] = range;
  const byteLength = checkpointByteLength(dtype, shape);
  if (byteLength === undefined || byteLength !== end - start) {
    throw invalid(
      label,
      `the tensor "${name}" (${dtype}, ${shape.join(' x ')}) does not fill its range of ${end - start} bytes`,
    );
  }
  return { name, dtype, shape, offset: dataOffset + start, byteLength };
}

function isCountList(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.every((item) => typeof item === 'number' && Number.isSafeInteger(item) && item >= 0)
  );
}

/** Tensors (in the order of their bytes) must follow each other without holes or overlaps and fill the file. */
function checkLayout(
  source: ByteSource,
  tensors: readonly SafetensorsTensor[],
  dataOffset: number,
): void {
  let expected = dataOffset;
  let firstMissing: SafetensorsTensor | undefined;
  for (const tensor of tensors) {
    if (tensor.offset !== expected) {
      throw invalid(
        source.label,
        tensor.offset < expected
          ? `the tensor "${tensor.name}" overlaps the one before it`
          : `there is a hole of ${tensor.offset - expected} bytes before the tensor "${tensor.name}"`,
      );
    }
    expected += tensor.byteLength;
    if (expected > source.size) firstMissing ??= tensor;
  }
  if (firstMissing !== undefined) {
    throw new StudioError(
      'format/truncated',
      `${source.label}: ${expected - source.size} bytes are missing: the file has ${source.size} bytes, its tensors need ${expected}; "${firstMissing.name}" is the first tensor that is not complete.`,
      {
        hint: 'The download or copy is incomplete: continue or repeat it.',
        details: {
          firstMissingTensor: firstMissing.name,
          missingBytes: expected - source.size,
          expectedSize: expected,
          size: source.size,
        },
      },
    );
  }
  if (expected !== source.size) {
    throw invalid(source.label, `${source.size - expected} bytes follow the last tensor`);
  }
}

function invalid(label: string, problem: string, cause?: unknown): StudioError {
  return new StudioError('safetensors/invalid', `${label}: ${problem}.`, {
    hint: 'The file is damaged or was written by a faulty tool: fetch it again.',
    cause,
  });
}
