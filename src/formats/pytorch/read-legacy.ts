// The PyTorch file format before 1.6 (DialoGPT is published in it): five pickles one after the other (a magic number, the
// format version, facts about the machine, the value, the storage keys), then each storage as a u64 count and its elements
// (torch/serialization.py, _legacy_load).
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { openGrowingWindow } from '#src/formats/bytes/growing-window.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { checkpointDtypeBits } from '#src/formats/checkpoint-tensor.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { invalidPickle } from './invalid-pickle.ts';
import type { PytorchFile, StorageRange } from './pytorch-file.ts';
import { isKind, type PickledStorage, type PickleValue } from './pickle-values.ts';
import { unpickle } from './unpickle.ts';

const magicNumber = 0x1950a86a20f9469cfc6cn;
const formatVersion = 1001;

export async function readLegacyCheckpoint(source: ByteSource): Promise<PytorchFile> {
  const window = openGrowingWindow(source, {
    firstLength: limits.firstWindow,
    limit: limits.pickleBytes,
    what: 'pickled part',
  });
  const magic = await window.parse(unpickle);
  if (magic.value !== magicNumber) {
    throw invalidPickle(source.label, 'this is a Python pickle, but torch.save did not write it');
  }
  const version = await window.parse(unpickle);
  if (version.value !== formatVersion) {
    throw invalidPickle(
      source.label,
      `its format version is ${describe(version.value)}, not ${formatVersion}`,
    );
  }
  const machine = await window.parse(unpickle);
  checkByteOrder(source.label, machine.value);
  const { value, storages } = await window.parse(unpickle);
  const keys = keysOf(source.label, (await window.parse(unpickle)).value);
  return { value, storages: await locateStorages(source, window.offset, keys, storages) };
}

function checkByteOrder(label: string, machine: PickleValue): void {
  const isLittle = isKind(machine, 'dict') && machine.entries.get('little_endian') !== false;
  if (!isLittle)
    throw invalidPickle(
      label,
      'it was written on a big-endian machine; only little-endian files are read',
    );
}

function keysOf(label: string, value: PickleValue): readonly string[] {
  const items = isKind(value, 'list') ? value.items : undefined;
  if (items === undefined || !items.every((item) => typeof item === 'string')) {
    throw invalidPickle(label, 'its list of storages is not a list of names');
  }
  if (new Set(items).size !== items.length) throw invalidPickle(label, 'it lists a storage twice');
  return items;
}

async function locateStorages(
  source: ByteSource,
  start: number,
  keys: readonly string[],
  storages: ReadonlyMap<string, PickledStorage>,
): Promise<ReadonlyMap<string, StorageRange>> {
  const ranges = new Map<string, StorageRange>();
  let offset = start;
  for (const key of keys) {
    const storage = storages.get(key);
    if (storage === undefined)
      throw invalidPickle(
        source.label,
        `it lists the storage "${key.slice(0, 64)}", which no tensor uses`,
      );
    const countBytes = await readBytes(source, offset, 8);
    const count = new DataView(countBytes.buffer).getBigUint64(0, true);
    if (count !== BigInt(storage.elementCount)) {
      throw invalidPickle(
        source.label,
        `the storage "${key}" has ${count} elements instead of ${storage.elementCount}`,
      );
    }
    const elementBytes = storage.dtype === undefined ? 1 : checkpointDtypeBits[storage.dtype] / 8;
    const byteLength = storage.elementCount * elementBytes;
    offset += 8;
    if (offset + byteLength > source.size) {
      throw new StudioError(
        'format/truncated',
        `${source.label}: ${offset + byteLength - source.size} bytes of the storage "${key}" are missing; the file has ${source.size} bytes.`,
        {
          hint: 'The download or copy is incomplete: continue or repeat it.',
          details: { storage: key, size: source.size },
        },
      );
    }
    ranges.set(key, { offset, byteLength });
    offset += byteLength;
  }
  return ranges;
}

function describe(value: PickleValue): string {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : 'not a number';
}
