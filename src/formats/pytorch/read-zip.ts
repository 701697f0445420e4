// The PyTorch file format since 1.6: a zip archive `<name>/data.pkl`, `<name>/data/<key>`, `<name>/byteorder`, `<name>/version`.
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { ByteCursor } from '#src/formats/bytes/cursor.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { decodeUtf8 } from '#src/formats/bytes/utf8.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { invalidPickle, refusedPickle } from './invalid-pickle.ts';
import type { PytorchFile, StorageRange } from './pytorch-file.ts';
import { unpickle } from './unpickle.ts';
import { dataOffsetOf, readZipDirectory, type ZipEntry } from './zip-directory.ts';

export async function readZipCheckpoint(source: ByteSource): Promise<PytorchFile> {
  const entries = await readZipDirectory(source);
  const pickle = [...entries.values()].find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) {
    throw invalidPickle(
      source.label,
      'the zip archive has no data.pkl, so torch.save did not write it',
    );
  }
  const root = pickle.name.slice(0, -'data.pkl'.length);
  if (entries.has(`${root}constants.pkl`)) {
    throw refusedPickle(source.label, 'this is a TorchScript program, not a dictionary of tensors');
  }
  await checkByteOrder(source, entries.get(`${root}byteorder`));

  const bytes = await readEntry(source, pickle, limits.pickleBytes);
  const { value, storages } = unpickle(new ByteCursor(bytes, 0, bytes.length, source.label));
  const ranges = new Map<string, StorageRange>();
  for (const key of storages.keys()) {
    const entry = entries.get(`${root}data/${key}`);
    if (entry === undefined) {
      throw invalidPickle(source.label, `the zip archive has no data for the storage "${key}"`);
    }
    ranges.set(key, { offset: await dataOffsetOf(source, entry), byteLength: entry.size });
  }
  return { value, storages: ranges };
}

async function checkByteOrder(source: ByteSource, entry: ZipEntry | undefined): Promise<void> {
  // Absent before PyTorch 2.1: little-endian.
  if (entry === undefined) return;
  const order = decodeUtf8(await readEntry(source, entry, 16));
  if (order !== 'little') {
    throw invalidPickle(
      source.label,
      `its byte order is "${order}"; only little-endian files are read`,
    );
  }
}

async function readEntry(source: ByteSource, entry: ZipEntry, limit: number): Promise<Uint8Array> {
  if (entry.size > limit) {
    throw new StudioError(
      'format/limit',
      `${source.label}: ${entry.name} has ${entry.size} bytes; at most ${limit} are read.`,
    );
  }
  return readBytes(source, await dataOffsetOf(source, entry), entry.size);
}
