import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  alignBundle,
  bundleEntries,
  bundleKeys,
  placeMembers,
} from '#src/formats/bundle/bundle-entries.ts';
import { openMember, readBundle, type HashSource } from '#src/formats/bundle/read-bundle.ts';
import { memoryByteSource, readBytes } from '#src/formats/bytes/byte-source.ts';
import {
  stringArrayEntry,
  uint32Entry,
  uint64ArrayEntry,
  withEntry,
} from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const hash: HashSource = async (source) => sha256(await readBytes(source, 0, source.size));

const adapters = [
  {
    name: 'conditions',
    domain: 'healthcare',
    scale: 1,
    bytes: buildGguf({ tensors: [{ name: 'a', shape: [5] }] }),
  },
  {
    name: 'anatomy',
    domain: 'healthcare',
    scale: 0.5,
    bytes: buildGguf({ tensors: [{ name: 'b', shape: [64] }] }),
  },
];
const tensors = [
  {
    name: 'token_embd.weight',
    shape: [32, 3],
    data: Float32Array.from({ length: 96 }, (_, i) => i),
  },
  { name: 'odd', shape: [3], data: Float32Array.of(1, 2, 3) },
];

/** A bundle written the way the package stage writes it: entries at offset 0 first, then the real ones. */
function buildBundle(
  edit: (entries: GgufEntry[]) => readonly GgufEntry[] = (entries) => entries,
): Uint8Array {
  const members = adapters.map(({ bytes, ...member }) => ({
    ...member,
    size: bytes.length,
    sha256: sha256(bytes),
  }));
  const planned = buildGguf({
    metadata: bundleEntries(members.map((m) => ({ ...m, offset: 0 }))),
    tensors,
  });
  const placed = placeMembers(members, planned.length);
  const file = new Uint8Array(placed.fileSize);
  file.set(buildGguf({ metadata: edit(bundleEntries(placed.members)), tensors }));
  placed.members.forEach((member, index) => file.set(adapters[index]?.bytes ?? [], member.offset));
  return file;
}

async function read(file: Uint8Array) {
  const source = memoryByteSource(file, 'parent.gguf');
  return readBundle(source, await readGgufHeader(source));
}

describe('a bundled parent', () => {
  it('gives back every adapter byte for byte', async () => {
    const source = memoryByteSource(buildBundle(), 'parent.gguf');
    const members = readBundle(source, await readGgufHeader(source));
    expect(members.map(({ name, domain, scale }) => ({ name, domain, scale }))).toEqual(
      adapters.map(({ name, domain, scale }) => ({ name, domain, scale })),
    );
    for (const [index, member] of members.entries()) {
      const slice = await openMember(source, member, hash);
      expect(await readBytes(slice, 0, slice.size)).toEqual(adapters[index]?.bytes);
      expect(member.offset % 32).toBe(0);
    }
  });

  it('keeps the tensors where a reader that knows no bundles finds them', async () => {
    const source = memoryByteSource(buildBundle());
    const header = await readGgufHeader(source);
    const bytes = await readBytes(source, header.dataOffset, 96 * 4);
    expect([...new Float32Array(bytes.buffer)]).toEqual(Array.from({ length: 96 }, (_, i) => i));
  });

  it('needs one planning round, because entries have the same length at any offset', () => {
    const members = adapters.map(({ bytes, ...m }) => ({
      ...m,
      size: bytes.length,
      sha256: sha256(bytes),
    }));
    const near = buildGguf({
      metadata: bundleEntries(members.map((m) => ({ ...m, offset: 0 }))),
      tensors,
    });
    const far = buildGguf({
      metadata: bundleEntries(members.map((m) => ({ ...m, offset: 2 ** 50 }))),
      tensors,
    });
    expect(far.length).toBe(near.length);
  });

  it('is empty for a plain file', async () => {
    expect(await read(buildGguf({ tensors }))).toEqual([]);
  });

  it('is as exact beyond 4 GiB as below', () => {
    const member = { name: 'a', domain: 'd', scale: 1, sha256: '0'.repeat(64), size: 10 };
    const placed = placeMembers([member, member], 2 ** 40 + 1);
    expect(placed.members.map((m) => m.offset)).toEqual([2 ** 40 + 32, 2 ** 40 + 64]);
    expect(placed.fileSize).toBe(2 ** 40 + 74);
    expect(alignBundle(2 ** 40)).toBe(2 ** 40);
  });
});

describe('a damaged bundle', () => {
  it('is told apart when a tool dropped the tail', async () => {
    const file = buildBundle();
    const plain = buildGguf({ metadata: [], tensors });
    const header = await readGgufHeader(memoryByteSource(file));
    const end = header.dataOffset + 96 * 4 + 12;
    await expect(read(file.slice(0, end))).rejects.toMatchObject({
      code: 'bundle/invalid',
      message: expect.stringMatching(
        /conditions, anatomy.*ends after its last tensor.*dropped/,
      ) as string,
    });
    expect(plain.length).toBeLessThan(file.length);
  });

  it('is refused when the file ends inside an adapter', async () => {
    const file = buildBundle();
    await expect(read(file.slice(0, -1))).rejects.toMatchObject({
      code: 'bundle/invalid',
      message: expect.stringContaining('"anatomy" is said to end at') as string,
    });
  });

  it('is refused when an adapter does not match its hash, naming both hashes', async () => {
    const file = buildBundle();
    file[file.length - 1] = (file.at(-1) ?? 0) ^ 1;
    const source = memoryByteSource(file, 'parent.gguf');
    const members = readBundle(source, await readGgufHeader(source));
    const [first, second] = members;
    if (first === undefined || second === undefined) throw new Error('two members');
    await openMember(source, first, hash);
    await expect(openMember(source, second, hash)).rejects.toMatchObject({
      code: 'bundle/invalid',
      details: { member: 'anatomy', expected: second.sha256 },
    });
  });

  const edits: [string, RegExp, (entries: GgufEntry[]) => readonly GgufEntry[]][] = [
    ['an unknown version', /version 2/, (e) => withEntry(e, uint32Entry(bundleKeys.version, 2))],
    [
      'a list that is shorter than the names',
      /1 entries, but there are 2 names/,
      (e) => withEntry(e, stringArrayEntry(bundleKeys.domains, ['x'])),
    ],
    [
      'a missing list',
      /"studio.bundle.sizes" is missing/,
      (e) => e.filter(({ key }) => key !== bundleKeys.sizes),
    ],
    [
      'sizes of the wrong type',
      /holds string values/,
      (e) => withEntry(e, stringArrayEntry(bundleKeys.sizes, ['1', '2'])),
    ],
    [
      'an offset inside the tensors',
      /inside what comes before/,
      (e) => withEntry(e, uint64ArrayEntry(bundleKeys.offsets, [32n, 64n])),
    ],
    [
      'an offset that overflows',
      /no file can have/,
      (e) => withEntry(e, uint64ArrayEntry(bundleKeys.offsets, [2n ** 63n, 0n])),
    ],
    [
      'a size that wraps round',
      /no file can have/,
      (e) => withEntry(e, uint64ArrayEntry(bundleKeys.sizes, [2n ** 64n - 1n, 1n])),
    ],
    [
      'a hash that is none',
      /not a SHA-256/,
      (e) => withEntry(e, stringArrayEntry(bundleKeys.sha256, ['x', 'y'])),
    ],
  ];
  it.each(edits)('is refused for %s', async (_what, message, edit) => {
    await expect(read(buildBundle(edit))).rejects.toMatchObject({
      code: 'bundle/invalid',
      message: expect.stringMatching(message) as string,
    });
  });
});
