// Other files of the same making near a damaged one: levels of the same build often share whole tensors, and every level of a
// package carries the same adapters. Their own lists of hashes say so; only headers are read.
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readBundle } from '#src/formats/bundle/read-bundle.ts';
import type { PlacedMember } from '#src/formats/bundle/bundle-entries.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufHeader } from '#src/formats/gguf/types.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { readProvenance } from '#src/stages/package/provenance.ts';
import type { ContentFinder } from './find-content.ts';
import type { TensorCopy } from './tensor-ways.ts';

export interface NearbyFile {
  readonly path: string;
  readonly source: ByteSource;
  readonly header: GgufHeader;
  readonly members: readonly PlacedMember[];
  close(): Promise<void>;
}

const mostFiles = 32;

/** Sound GGUF files in the folder of `path` and the given ones; damaged ones are passed over. The caller closes them. */
export async function openNearbyFiles(
  path: string,
  given: readonly string[],
  finder: ContentFinder,
): Promise<NearbyFile[]> {
  const beside = (await finder.ggufFiles()).filter((other) => dirname(other) === dirname(path));
  const opened: NearbyFile[] = [];
  for (const other of [...new Set([...given, ...beside])].slice(0, mostFiles)) {
    if (other === path || !(await isFile(other))) continue;
    const file = await openFile(other);
    if (file !== undefined) opened.push(file);
  }
  return opened;
}

/** Where the bytes of these hashes lie, by tensor name; name, hash and size agree. */
export function copiesIn(
  files: readonly NearbyFile[],
  expected: ReadonlyMap<string, string>,
): Map<string, TensorCopy> {
  const copies = new Map<string, TensorCopy>();
  for (const { path, source, header } of files) {
    const hashes = readProvenance(header.metadata)?.tensorHashes ?? [];
    if (hashes.length !== header.tensors.length) continue;
    for (const [index, { name, offset }] of header.tensors.entries()) {
      if (copies.has(name) || hashes[index] !== expected.get(name)) continue;
      copies.set(name, { path, source, offset: header.dataOffset + offset });
    }
  }
  return copies;
}

async function openFile(path: string): Promise<NearbyFile | undefined> {
  const source = await openFileByteSource(path).catch(() => undefined);
  if (source === undefined) return undefined;
  try {
    const header = await readGgufHeader(source);
    const members = membersOf(source, header);
    return { path, source, header, members, close: () => source.close() };
  } catch {
    await source.close();
    return undefined;
  }
}

function membersOf(source: ByteSource, header: GgufHeader): readonly PlacedMember[] {
  try {
    return readBundle(source, header);
  } catch {
    return [];
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
}
