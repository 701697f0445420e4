// Opens a GGUF, whole or split, as a ModelView. Rows are read straight from the file; bytes behind the last tensor
// (bundled adapters) are not looked at.
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { entryNumber, entryString } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufHeader, GgufTensorInfo } from '#src/formats/gguf/types.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { joinGgufParts, type GgufPart } from './gguf-parts.ts';
import { rowCountOf, type ModelView, type TensorView } from './model-view.ts';

/**
 * Opens a GGUF model, adapter or split model. Any part of a split may be given: the others are opened through
 * `openSibling` (file name in the same folder) and the metadata of the first part counts, as in llama.cpp.
 * Takes `source` over: it is closed by `close()`, or right away when opening fails.
 * Throws what readGgufHeader throws, `gguf/split` when parts are missing or do not belong together, and `gguf/invalid`
 * without `general.architecture`.
 */
export async function openGgufModel(
  source: ByteSource,
  openSibling?: (fileName: string) => Promise<ByteSource>,
): Promise<ModelView> {
  const opened: ByteSource[] = [source];
  const closeAll = async () => {
    await Promise.all(opened.map((part) => part.close()));
  };
  try {
    const header = await readGgufHeader(source);
    const count = entryNumber(header.metadata, 'split.count') ?? 1;
    if (count <= 1) return viewOf(source.label, [{ source, header }], header.metadata, closeAll);
    const joined = await joinGgufParts({ source, header }, count, async (fileName) => {
      const sibling = await openSibling?.(fileName);
      if (sibling !== undefined) opened.push(sibling);
      return sibling;
    });
    return viewOf(joined.label, joined.parts, joined.metadata, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function viewOf(
  label: string,
  parts: readonly GgufPart[],
  metadata: GgufHeader['metadata'],
  close: () => Promise<void>,
): ModelView {
  const architecture = entryString(metadata, 'general.architecture');
  if (architecture === undefined || architecture === '') {
    throw new StudioError(
      'gguf/invalid',
      `${label}: the metadata has no "general.architecture", so this is not a model or adapter.`,
      { hint: 'Importance matrices and other GGUF files are given to the options made for them.' },
    );
  }
  const tensors = parts.flatMap(({ source, header }) =>
    header.tensors.map((tensor) => tensorViewOf(source, header.dataOffset, tensor)),
  );
  return { label, architecture, metadata, tensors, close };
}

function tensorViewOf(
  source: ByteSource,
  dataOffset: number,
  { name, shape, type, offset }: GgufTensorInfo,
): TensorView {
  const rowBytes = rowByteLength(type, shape[0] ?? 1);
  const rowCount = rowCountOf(shape);
  return {
    name,
    shape,
    type,
    async readRows(firstRow, count, target, signal) {
      invariant(
        firstRow >= 0 && count >= 0 && firstRow + count <= rowCount,
        `rows ${firstRow}+${count} of ${name} (${rowCount} rows)`,
      );
      invariant(target.byteLength === count * rowBytes, `target of ${count} rows of ${name}`);
      signal?.throwIfAborted();
      await source.readInto(target, dataOffset + offset + firstRow * rowBytes);
      signal?.throwIfAborted();
    },
  };
}
