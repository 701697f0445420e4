// Records of finished outputs: step key -> path, hash, size, time. Not copies: a record counts only while the file it
// names is what it was. One small file per key and path, written atomically, so builds side by side cannot harm it.
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hashFile } from './file-hash.ts';
import { ensureOwnFolder, studioHome } from './studio-home.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

export interface OutputRecord {
  /** Hash of everything that decides the file's bytes. */
  readonly key: string;
  /** Absolute. */
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly mtimeMs: number;
}

export interface TrustOptions {
  /** Hash the file instead of trusting its size and time. */
  readonly fullHash?: boolean;
  readonly signal?: AbortSignal;
}

export interface RecordStore {
  /** Records of a key whose files are still what they were. */
  find(key: string, options?: TrustOptions): Promise<OutputRecord[]>;
  /** The record of the file at a path, when we wrote it and nobody changed it since. */
  findByPath(path: string, options?: TrustOptions): Promise<OutputRecord | undefined>;
  /** Records a finished file; an older record of the same path is dropped. */
  save(output: {
    readonly key: string;
    readonly path: string;
    readonly sha256: string;
  }): Promise<OutputRecord>;
  /** Drops records whose files are gone or changed; gives how many. */
  prune(): Promise<number>;
}

export function recordFolder(): string {
  return join(studioHome(), 'store', 'records');
}

/** Opens the store in a folder, which is made at the first record. */
export function openRecordStore(folder = recordFolder()): RecordStore {
  const fileFor = (key: string, path: string) => join(folder, `${key}.${pathId(path)}.json`);

  async function names(): Promise<string[]> {
    const all = await readdir(folder).catch(() => []);
    return all.filter((name) => /^[0-9a-f]{64}\.[0-9a-f]{24}\.json$/.test(name));
  }

  async function current(
    wanted: readonly string[],
    options: TrustOptions,
  ): Promise<OutputRecord[]> {
    const records = await Promise.all(wanted.map((name) => readRecord(join(folder, name))));
    const trusted: OutputRecord[] = [];
    for (const record of records) {
      if (record !== undefined && (await isCurrent(record, options))) trusted.push(record);
    }
    return trusted;
  }

  return {
    async find(key, options = {}) {
      const wanted = (await names()).filter((name) => name.startsWith(`${key}.`));
      return current(wanted, options);
    },
    async findByPath(path, options = {}) {
      const ending = `.${pathId(path)}.json`;
      const wanted = (await names()).filter((name) => name.endsWith(ending));
      return (await current(wanted, options))[0];
    },
    async save({ key, path, sha256 }) {
      const status = await stat(path);
      const record = {
        key,
        path: resolve(path),
        sha256,
        size: status.size,
        mtimeMs: status.mtimeMs,
      };
      await ensureOwnFolder(folder);
      await writeFileAtomically(fileFor(key, path), `${JSON.stringify(record, null, 2)}\n`);
      const ending = `.${pathId(path)}.json`;
      const stale = (await names()).filter(
        (name) => name.endsWith(ending) && !name.startsWith(`${key}.`),
      );
      await Promise.all(stale.map((name) => rm(join(folder, name), { force: true })));
      return record;
    },
    async prune() {
      const all = await names();
      const kept = new Set((await current(all, {})).map(({ key, path }) => fileFor(key, path)));
      const stale = all.map((name) => join(folder, name)).filter((file) => !kept.has(file));
      await Promise.all(stale.map((file) => rm(file, { force: true })));
      return stale.length;
    },
  };
}

function pathId(path: string): string {
  return createHash('sha256').update(resolve(path)).digest('hex').slice(0, 24);
}

async function isCurrent(
  record: OutputRecord,
  { fullHash, signal }: TrustOptions,
): Promise<boolean> {
  const status = await stat(record.path).catch(() => undefined);
  if (!status?.isFile() || status.size !== record.size || status.mtimeMs !== record.mtimeMs) {
    return false;
  }
  if (fullHash !== true) return true;
  const found = await hashFile(record.path, {
    always: true,
    ...(signal === undefined ? {} : { signal }),
  });
  return found === record.sha256;
}

/** A record that cannot be read says nothing; the worst that follows is that a file is built again. */
async function readRecord(file: string): Promise<OutputRecord | undefined> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as Partial<
      Record<keyof OutputRecord, unknown>
    > | null;
    const { key, path, sha256, size, mtimeMs } = value ?? {};
    const sound =
      isSha256(key) &&
      typeof path === 'string' &&
      isSha256(sha256) &&
      Number.isSafeInteger(size) &&
      typeof mtimeMs === 'number';
    if (!sound || !file.endsWith(`${key}.${pathId(path)}.json`)) return undefined;
    return { key, path, sha256, size: size as number, mtimeMs };
  } catch {
    return undefined;
  }
}

function isSha256(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
