// Results of finished chunks, kept in the app's own folder so that a broken or repeated measurement computes only what is
// missing: one small file per chunk, in a folder per kind and key. A file that is not what was written is as good as none. The
// time of `about.json` says when a folder was used last (cache-entries.ts).
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { ensureOwnFolder, studioHome } from './studio-home.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

const magic = 'GSKC0001';
/** Magic, encoding, SHA-256. */
const headerBytes = 8 + 4 + 32;
const encodings = { plain: 0, deflated: 1 } as const;
/** More than any chunk's reference; a damaged file must not be blown up to fill the memory. */
const maximumChunkBytes = 2 ** 30;

export interface KeptChunks {
  /** The bytes that were kept for a chunk; undefined when there are none or they are damaged. */
  read(index: number): Promise<Uint8Array | undefined>;
  /** Keeps a chunk's bytes; gives their size on the disk. Throws `io/failed` and `io/disk-full`. */
  write(index: number, content: Uint8Array): Promise<number>;
  /** Sizes on the disk of the chunks that are there. */
  sizes(): Promise<ReadonlyMap<number, number>>;
  /** Files that were found damaged by `read`. */
  readonly damaged: number;
}

export function measurementFolder(home = studioHome()): string {
  return join(home, 'measurements');
}

/** A key: the SHA-256 of what decides the values, as canonical text. */
export function measurementKey(conditions: object): string {
  return createHash('sha256').update(JSON.stringify(conditions)).digest('hex');
}

/**
 * Opens the chunks kept for `conditions` (JSON values; written beside them for people). The order of its fields counts.
 */
export async function openKeptChunks(
  kind: 'reference' | 'scores' | 'answers',
  conditions: object,
  folder = measurementFolder(),
): Promise<KeptChunks> {
  const key = measurementKey({ kind, ...conditions });
  await ensureOwnFolder(folder);
  const own = join(folder, `${kind}-${key}`);
  const about = join(own, 'about.json');
  const isThere = await stat(about).then(
    () => true,
    () => false,
  );
  if (isThere) await utimes(about, new Date(), new Date()).catch(() => undefined);
  else await writeFileAtomically(about, `${JSON.stringify({ kind, ...conditions }, null, 2)}\n`);
  const pathOf = (index: number) => join(own, `${String(index).padStart(6, '0')}.chunk`);
  let damaged = 0;
  return {
    async read(index) {
      const path = pathOf(index);
      const file = await readFile(path).catch(() => undefined);
      if (file === undefined) return undefined;
      const content = decode(file, key, index);
      if (content !== undefined) return content;
      damaged++;
      await rm(path, { force: true });
      return undefined;
    },
    async write(index, content) {
      const file = encode(content, key, index);
      // Losing it in a power cut costs one chunk; waiting for the disk would cost every one.
      await writeFileAtomically(pathOf(index), file, { flush: false });
      return file.byteLength;
    },
    async sizes() {
      const names = (await readdir(own).catch(() => [])).filter((name) =>
        /^\d+\.chunk$/.test(name),
      );
      const sized = names.map(async (name) => {
        const { size } = await stat(join(own, name)).catch(() => ({ size: 0 }));
        return [Number.parseInt(name, 10), size] as const;
      });
      return new Map((await Promise.all(sized)).filter(([, size]) => size > 0));
    },
    get damaged() {
      return damaged;
    },
  };
}

function encode(content: Uint8Array, key: string, index: number): Uint8Array {
  const deflated = deflateRawSync(content, { level: constants.Z_BEST_SPEED });
  const isSmaller = deflated.byteLength < content.byteLength;
  const body = isSmaller ? deflated : content;
  const file = Buffer.alloc(headerBytes + body.byteLength);
  file.write(magic, 0, 'latin1');
  file.writeUInt32LE(isSmaller ? encodings.deflated : encodings.plain, 8);
  file.set(body, headerBytes);
  file.set(checksum(key, index, body), 12);
  return file;
}

function decode(file: Buffer, key: string, index: number): Uint8Array | undefined {
  if (file.byteLength < headerBytes || file.toString('latin1', 0, 8) !== magic) return undefined;
  const body = file.subarray(headerBytes);
  if (!file.subarray(12, headerBytes).equals(checksum(key, index, body))) return undefined;
  if (file.readUInt32LE(8) === encodings.plain) return plainArray(body);
  try {
    return plainArray(inflateRawSync(body, { maxOutputLength: maximumChunkBytes }));
  } catch {
    return undefined;
  }
}

/** A Buffer's `slice` does not copy, an Uint8Array's does. */
function plainArray({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** With the key and the index: a chunk under another's name is none. */
function checksum(key: string, index: number, body: Uint8Array): Buffer {
  return createHash('sha256').update(`${key}\n${index}\n`).update(body).digest();
}
