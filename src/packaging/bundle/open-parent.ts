// A parent file opened for packing: its header, its adapters, and what it says about its making.
import { StudioError } from '#src/errors/studio-error.ts';
import type { PlacedMember } from '#src/formats/bundle/bundle-entries.ts';
import { readBundle } from '#src/formats/bundle/read-bundle.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { entryString } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { parseSplitName } from '#src/formats/gguf/split-names.ts';
import type { GgufHeader } from '#src/formats/gguf/types.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';

export interface OpenParent {
  readonly path: string;
  readonly source: ByteSource;
  readonly header: GgufHeader;
  /** Adapters that ride in the file; their hashes are not checked yet. */
  readonly members: readonly PlacedMember[];
  close(): Promise<void>;
}

/** Throws `format/not-gguf`, `gguf/invalid`, `bundle/invalid`, and `gguf/split` for a part of a split model. */
export async function openParent(path: string): Promise<OpenParent> {
  if (parseSplitName(path) !== undefined) {
    throw new StudioError('gguf/split', `${path} is a part of a split GGUF.`, {
      hint: 'Join the parts first: gguf-studio quantize PART.gguf OUT.gguf COPY.',
    });
  }
  const source = await openFileByteSource(path);
  try {
    const header = await readGgufHeader(source);
    const members = readBundle(source, header);
    return { path, source, header, members, close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** `adapter`, `imatrix`, `mmproj`, `vocab` or `model`. */
export function generalTypeOf(header: Pick<GgufHeader, 'metadata'>): string {
  return (entryString(header.metadata, 'general.type') ?? 'model').toLowerCase();
}
