// Reads what a bundled parent carries. Everything the entries claim is checked against the file before a byte of an
// adapter is used; a tool that rewrote the file keeps the entries but drops the tail, and that is said in so many words.
import { sliceByteSource, readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufHeader, GgufValue } from '#src/formats/gguf/types.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { bundleAlignment, bundleKeys, bundleVersion, type PlacedMember } from './bundle-entries.ts';

/** A universal parent has an adapter per subdomain: dozens. */
const maximumMembers = 4_096;

/** SHA-256 of a whole source, in lower-case hexadecimal digits; Node's own, given by the caller. */
export type HashSource = (source: ByteSource) => Promise<string>;

type HeaderPart = Pick<GgufHeader, 'metadata' | 'tensors' | 'dataOffset'>;

/**
 * Lists the adapters that a GGUF carries; empty when it is not a bundle. Hashes are checked by `openMember`.
 * Throws `bundle/invalid` when the entries contradict each other or the file.
 */
export function readBundle(source: ByteSource, header: HeaderPart): PlacedMember[] {
  const version = entryValue(header.metadata, bundleKeys.version);
  if (version === undefined) return [];
  if (version.type !== 'uint32' || version.value !== bundleVersion) {
    throw invalidBundle(
      source.label,
      `its bundle has version ${version.type === 'uint32' ? version.value : version.type}; this release reads ${bundleVersion}`,
      'It was written by a newer GGUF Studio: update, or build the parent again.',
    );
  }
  const members = membersOf(source.label, header);
  checkPlaces(source, members, endOfTensors(header));
  return members;
}

/**
 * Opens one adapter's GGUF inside the file after checking its hash.
 * Throws `bundle/invalid` when the bytes are not those that were packed.
 */
export async function openMember(
  source: ByteSource,
  member: PlacedMember,
  hash: HashSource,
): Promise<ByteSource> {
  const slice = sliceByteSource(
    source,
    member.offset,
    member.size,
    `${source.label}#${member.name}`,
  );
  const found = await hash(slice);
  if (found !== member.sha256) {
    throw invalidBundle(
      source.label,
      `the adapter "${member.name}" at offset ${member.offset} has the SHA-256 ${found}, but ${member.sha256} was packed`,
      'The file was changed or damaged after it was built: build the parent again, or copy it again.',
      { member: member.name, expected: member.sha256, found },
    );
  }
  const magic = member.size < 4 ? '' : new TextDecoder().decode(await readBytes(slice, 0, 4));
  if (magic !== 'GGUF') {
    throw invalidBundle(source.label, `the adapter "${member.name}" is not a GGUF file`);
  }
  return slice;
}

/** Offset behind the last tensor's data, its padding not counted. */
export function endOfTensors(header: Pick<GgufHeader, 'tensors' | 'dataOffset'>): number {
  const last = header.tensors.at(-1);
  return header.dataOffset + (last === undefined ? 0 : last.offset + last.byteLength);
}

function membersOf(label: string, header: HeaderPart): PlacedMember[] {
  const names = stringsOf(label, header, bundleKeys.names);
  const count = names.length;
  const domains = stringsOf(label, header, bundleKeys.domains, count);
  const hashes = stringsOf(label, header, bundleKeys.sha256, count);
  const offsets = numbersOf(label, header, bundleKeys.offsets, 'uint64', count);
  const sizes = numbersOf(label, header, bundleKeys.sizes, 'uint64', count);
  const scales = numbersOf(label, header, bundleKeys.scales, 'float32', count);
  return names.map((name, index) => {
    const sha256 = hashes[index] ?? '';
    if (!/^[0-9a-f]{64}$/.test(sha256)) {
      throw invalidBundle(label, `the hash of the adapter "${name}" is not a SHA-256`);
    }
    const scale = scales[index] ?? Number.NaN;
    if (!Number.isFinite(scale)) {
      throw invalidBundle(label, `the scale of the adapter "${name}" is ${scale}`);
    }
    return {
      name,
      domain: domains[index] ?? '',
      offset: offsets[index] ?? -1,
      size: sizes[index] ?? -1,
      sha256,
      scale,
    };
  });
}

function checkPlaces(source: ByteSource, members: readonly PlacedMember[], end: number): void {
  const needed = members.reduce((most, member) => Math.max(most, member.offset + member.size), 0);
  // Only the last tensor's padding may follow: the tail is gone as a whole.
  if (members.length > 0 && source.size < Math.ceil(end / bundleAlignment) * bundleAlignment + 4) {
    throw invalidBundle(
      source.label,
      `it lists ${members.length} adapters (${members.map(({ name }) => name).join(', ')}), but ends after its last tensor: a tool that rewrote the file dropped them`,
      'Use the file as GGUF Studio built it, or build the parent again. As the plain base the rewritten file still works.',
      { size: source.size, needed },
    );
  }
  let previousEnd = end;
  for (const member of members) {
    const { name, offset, size } = member;
    if (offset % bundleAlignment !== 0 || offset < previousEnd) {
      throw invalidBundle(
        source.label,
        `the adapter "${name}" is said to lie at offset ${offset}, inside what comes before it (which ends at ${previousEnd}) or not aligned to ${bundleAlignment}; a tool may have rewritten the file with a longer header`,
        'Use the file as GGUF Studio built it, or build the parent again.',
        { member: name, offset, previousEnd },
      );
    }
    if (offset + size > source.size) {
      throw invalidBundle(
        source.label,
        `the adapter "${name}" is said to end at ${offset + size}, but the file has ${source.size} bytes`,
        'The file is incomplete: copy it again, or build the parent again.',
        { member: name, offset, memberSize: size, size: source.size },
      );
    }
    previousEnd = offset + size;
  }
}

function arrayOf(label: string, header: HeaderPart, key: string, count: number | undefined) {
  const value: GgufValue | undefined = entryValue(header.metadata, key);
  if (value?.type !== 'array')
    throw invalidBundle(label, `its "${key}" is missing or not an array`);
  const { length } = value.value;
  if (length > maximumMembers) {
    throw invalidBundle(label, `it claims ${length} adapters; at most ${maximumMembers} are read`);
  }
  if (count !== undefined && length !== count) {
    throw invalidBundle(label, `"${key}" has ${length} entries, but there are ${count} names`);
  }
  return value;
}

function stringsOf(
  label: string,
  header: HeaderPart,
  key: string,
  count?: number,
): readonly string[] {
  const array = arrayOf(label, header, key, count);
  if (array.elementType === 'string') return array.value;
  throw invalidBundle(label, `"${key}" holds ${array.elementType} values, not strings`);
}

function numbersOf(
  label: string,
  header: HeaderPart,
  key: string,
  elementType: 'uint64' | 'float32',
  count: number,
): number[] {
  const array = arrayOf(label, header, key, count);
  if (array.elementType !== elementType) {
    throw invalidBundle(label, `"${key}" holds ${array.elementType} values, not ${elementType}`);
  }
  return Array.from(array.value as ArrayLike<number | bigint>, (value) => {
    if (typeof value === 'number') return value;
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw invalidBundle(label, `"${key}" holds ${value}, which no file can have`);
    }
    return Number(value);
  });
}

function invalidBundle(
  label: string,
  problem: string,
  hint = 'The file is damaged, or was not written by GGUF Studio: build the parent again.',
  details: Record<string, unknown> = {},
): StudioError {
  return new StudioError('bundle/invalid', `${label}: ${problem}.`, { hint, details });
}
