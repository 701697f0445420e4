// Puts the parts of a split GGUF together: their names, their `split.*` metadata and their tensors must agree, so that a
// missing, swapped or foreign part is named instead of read as weights.
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { entryNumber } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { parseSplitName, splitFileName } from '#src/formats/gguf/split-names.ts';
import type { GgufEntry, GgufHeader } from '#src/formats/gguf/types.ts';
import { StudioError } from '#src/errors/studio-error.ts';

export interface GgufPart {
  readonly source: ByteSource;
  readonly header: GgufHeader;
}

export interface JoinedParts {
  /** The first part's label. */
  readonly label: string;
  readonly parts: readonly GgufPart[];
  /** The first part's metadata without the `split.*` keys, which are not true of the whole. */
  readonly metadata: readonly GgufEntry[];
}

/** What the headers of all parts say together; no file of another part is open any more. */
export interface GgufHeaders {
  /** In their order; `size` in bytes of the file. */
  readonly parts: readonly { readonly size: number; readonly header: GgufHeader }[];
  readonly metadata: readonly GgufEntry[];
}

const splitKeys = new Set(['split.no', 'split.count', 'split.tensors.count']);

/** Opens the parts beside `given` (any part; `count` is its `split.count`). Throws `gguf/split`. */
export async function joinGgufParts(
  given: GgufPart,
  count: number,
  openSibling: (fileName: string) => Promise<ByteSource | undefined>,
): Promise<JoinedParts> {
  const { label } = given.source;
  if (count > limits.ggufParts) {
    throw splitError(label, `claims ${count} parts; at most ${limits.ggufParts} are read`);
  }
  const name = parseSplitName(label);
  if (name === undefined || name.count !== count) {
    throw splitError(
      label,
      `is one of ${count} parts, but its name does not end with -00001-of-${String(count).padStart(5, '0')}.gguf`,
      'Give the parts the names that they were published with; llama.cpp finds them by name, too.',
    );
  }
  checkPart(given, name.index, count);

  const parts: GgufPart[] = [];
  for (let index = 0; index < count; index++) {
    if (index === name.index) {
      parts.push(given);
      continue;
    }
    const fileName = splitFileName(name.prefix, index, count);
    const source = await openPart(label, fileName, openSibling);
    const part = { source, header: await readGgufHeader(source) };
    checkPart(part, index, count);
    parts.push(part);
  }
  checkTensors(label, parts);
  const first = parts[0] ?? given;
  return {
    label: first.source.label,
    parts,
    metadata: first.header.metadata.filter(({ key }) => !splitKeys.has(key)),
  };
}

/**
 * The headers of a GGUF, whole or split. `source` (any part, `header` is its own) stays the caller's; siblings are opened
 * and closed here. Throws what joinGgufParts throws.
 */
export async function readPartHeaders(
  source: ByteSource,
  header: GgufHeader,
  openSibling: (fileName: string) => Promise<ByteSource>,
): Promise<GgufHeaders> {
  const count = entryNumber(header.metadata, 'split.count') ?? 1;
  if (count <= 1) return { parts: [{ size: source.size, header }], metadata: header.metadata };
  const siblings: ByteSource[] = [];
  try {
    const joined = await joinGgufParts({ source, header }, count, async (fileName) => {
      const sibling = await openSibling(fileName);
      siblings.push(sibling);
      return sibling;
    });
    return {
      parts: joined.parts.map((part) => ({ size: part.source.size, header: part.header })),
      metadata: joined.metadata,
    };
  } finally {
    await Promise.all(siblings.map((sibling) => sibling.close()));
  }
}

async function openPart(
  label: string,
  fileName: string,
  openSibling: (fileName: string) => Promise<ByteSource | undefined>,
): Promise<ByteSource> {
  const source = await openSibling(fileName).catch((error: unknown) => {
    if (!(error instanceof StudioError) || error.code !== 'io/not-found') throw error;
    return undefined;
  });
  if (source === undefined) {
    throw splitError(
      label,
      `is part of a split model, but the part ${fileName} is missing`,
      'Put all parts into one folder under their published names.',
      { missing: fileName },
    );
  }
  return source;
}

function checkPart({ source, header }: GgufPart, index: number, count: number): void {
  const actualIndex = entryNumber(header.metadata, 'split.no');
  const actualCount = entryNumber(header.metadata, 'split.count');
  if (actualIndex !== index || actualCount !== count) {
    throw splitError(
      source.label,
      `should be part ${index + 1} of ${count} by its name, but its metadata says part ${actualIndex === undefined ? '(none)' : actualIndex + 1} of ${actualCount ?? '(none)'}`,
      'Parts were swapped, renamed or come from another model: fetch them again.',
    );
  }
}

function checkTensors(label: string, parts: readonly GgufPart[]): void {
  const partOfTensor = new Map<string, string>();
  for (const { source, header } of parts) {
    for (const { name } of header.tensors) {
      const other = partOfTensor.get(name);
      if (other !== undefined) {
        throw splitError(
          label,
          `has the tensor "${name}" in two parts, ${other} and ${source.label}`,
        );
      }
      partOfTensor.set(name, source.label);
    }
  }
  for (const { source, header } of parts) {
    const expected = entryNumber(header.metadata, 'split.tensors.count');
    if (expected !== undefined && expected !== partOfTensor.size) {
      throw splitError(
        source.label,
        `says that the whole model has ${expected} tensors, but its parts hold ${partOfTensor.size}`,
        'The parts come from different splits: fetch them again.',
      );
    }
  }
}

function splitError(
  label: string,
  problem: string,
  hint?: string,
  details?: Record<string, unknown>,
): StudioError {
  return new StudioError('gguf/split', `${label} ${problem}.`, {
    hint: hint ?? 'The file is damaged: fetch it again.',
    ...(details === undefined ? {} : { details }),
  });
}
