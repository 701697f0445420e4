// The journal beside a partial output: which tensors are finished, with their hashes. A killed run that is started again
// with the same plan goes on behind the last of them. One JSON object per line; a torn last line is ignored.
import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { toIoError } from './io-error.ts';

export interface JournalEntry {
  readonly tensor: string;
  /** Offset in the file. */
  readonly offset: number;
  readonly size: number;
  readonly sha256: string;
  /** `file`: the hash is of the file from its beginning to this tensor's end; absent: of the tensor alone. */
  readonly scope?: 'file';
  /** Identifies what the tensor was made from beyond the plan: the factors of merged adapters. Empty when nothing. */
  readonly source: string;
}

const version = 1;
/** Far above any real journal (some 200 bytes per tensor): a larger one is not ours. */
const maximumBytes = 64 * 1024 * 1024;

/** Appends finished tensors. */
export class TensorJournal {
  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  /** Starts a new journal for a plan, or goes on with the one that is there. */
  static async open(path: string, plan: string, goOn: boolean): Promise<TensorJournal> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, goOn ? 'a' : 'w');
      const journal = new TensorJournal(path, handle);
      if (goOn) await handle.appendFile('\n');
      else await journal.write({ journal: version, plan });
      return journal;
    } catch (error) {
      await handle?.close().catch(() => undefined);
      throw toIoError(error, path);
    }
  }

  async append(entry: JournalEntry): Promise<void> {
    await this.write(entry).catch((error: unknown) => {
      throw toIoError(error, this.path);
    });
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  private write(value: object): Promise<void> {
    return this.handle.appendFile(`${JSON.stringify(value)}\n`);
  }
}

/** The entries of a journal for this very plan; undefined when there is none. Later entries of a tensor replace earlier. */
export async function readJournal(
  path: string,
  plan: string,
): Promise<ReadonlyMap<string, JournalEntry> | undefined> {
  return readEntries(path, (found) => found === plan);
}

/** The entries of a journal, whatever plan it is for; what an interrupted run has done is told before a build. */
export async function readAnyJournal(
  path: string,
): Promise<ReadonlyMap<string, JournalEntry> | undefined> {
  return readEntries(path, () => true);
}

async function readEntries(
  path: string,
  isWanted: (plan: unknown) => boolean,
): Promise<ReadonlyMap<string, JournalEntry> | undefined> {
  const size = await stat(path).then(
    (status) => status.size,
    () => undefined,
  );
  if (size === undefined || size > maximumBytes) return undefined;
  const [first, ...rest] = (await readFile(path, 'utf8')).split('\n').map(parseLine);
  if (first?.journal !== version || !isWanted(first['plan'])) return undefined;
  const entries = new Map<string, JournalEntry>();
  for (const line of rest) {
    const { tensor, offset, size: bytes, sha256, source, scope } = line ?? {};
    if (typeof tensor !== 'string' || typeof sha256 !== 'string' || typeof source !== 'string')
      continue;
    if (scope !== undefined && scope !== 'file') continue;
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(bytes)) continue;
    entries.set(tensor, {
      tensor,
      offset: offset as number,
      size: bytes as number,
      sha256,
      source,
      ...(scope === undefined ? {} : { scope }),
    });
  }
  return entries;
}

function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
