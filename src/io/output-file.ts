// One output on its way: written as `X.partial` with a journal and a lock beside it, checked, then renamed. Whatever goes
// wrong, nothing half-written ever has the final name, and what is finished can be gone on with.
import { createHash, type Hash } from 'node:crypto';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';
import { takeOutputLock, type OutputLock } from './output-lock.ts';
import { readJournal, TensorJournal, type JournalEntry } from './tensor-journal.ts';

export interface OutputFileOptions {
  /** Everything that decides the file's bytes, as a hash: only a partial file of the same plan is gone on with. */
  readonly plan: string;
  /** Size of the finished file. */
  readonly size: number;
  /** Replace an existing file at the end. Without it an existing file is an error. */
  readonly overwrite: boolean;
}

/** Handed to the disk in the background whenever this much was written, so that the last flush is short. */
const flushBytes = 64 * 1024 * 1024;
const verifyBytes = 8 * 1024 * 1024;

export class OutputFile {
  readonly path: string;
  readonly partialPath: string;
  private unflushed = 0;
  private flushing: Promise<void> | undefined;
  private flushError: unknown;

  private constructor(
    path: string,
    private readonly options: OutputFileOptions,
    private readonly handle: FileHandle,
    private readonly journal: TensorJournal,
    private readonly lock: OutputLock,
    /** Tensors that an earlier run of the same plan finished, by name; their bytes are not verified yet. */
    readonly journaled: ReadonlyMap<string, JournalEntry>,
  ) {
    this.path = path;
    this.partialPath = partialPathOf(path);
  }

  /**
   * Locks the output and opens its partial file, going on with an earlier run of the same plan.
   * Throws `output/exists`, `build/locked`, `io/not-found` (missing folder) and `io/failed`.
   */
  static async open(givenPath: string, options: OutputFileOptions): Promise<OutputFile> {
    const path = resolve(givenPath);
    await checkPlace(path, options.overwrite);
    const partial = partialPathOf(path);
    const lock = await takeOutputLock(`${partial}.lock`, path);
    let handle: FileHandle | undefined;
    try {
      const journalPath = journalPathOf(path);
      const found = await readJournal(journalPath, options.plan);
      handle = found === undefined ? undefined : await openIfThere(partial);
      const goesOn = found !== undefined && handle !== undefined;
      handle ??= await open(partial, 'w+');
      // The length first: what is not written is a hole that reads as zeros, which is what padding must be.
      await handle.truncate(options.size);
      const journal = await TensorJournal.open(journalPath, options.plan, goesOn);
      return new OutputFile(
        path,
        options,
        handle,
        journal,
        lock,
        goesOn ? found : new Map<string, JournalEntry>(),
      );
    } catch (error) {
      await handle?.close();
      await lock.release();
      throw toWriteError(error, partial);
    }
  }

  /** True when the file holds exactly what the journal says of this tensor alone. */
  async verify(entry: JournalEntry, signal?: AbortSignal): Promise<boolean> {
    const hash = createHash('sha256');
    const isThere = await this.hashRange(hash, entry.offset, entry.size, signal);
    return isThere && hash.digest('hex') === entry.sha256;
  }

  /** Reads a part of the partial file into a hash; false where the file ends before. */
  async hashRange(
    hash: Hash,
    offset: number,
    size: number,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const buffer = new Uint8Array(Math.min(verifyBytes, size));
    for (let done = 0; done < size;) {
      signal?.throwIfAborted();
      const length = Math.min(buffer.length, size - done);
      const { bytesRead } = await this.handle.read(buffer, 0, length, offset + done);
      if (bytesRead === 0) return false;
      hash.update(buffer.subarray(0, bytesRead));
      done += bytesRead;
    }
    return true;
  }

  /** Writes all of `bytes` at `offset`; `bytes` must stay unchanged meanwhile. Throws `io/disk-full` or `io/failed`. */
  async write(bytes: Uint8Array, offset: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.byteLength;) {
        const length = Math.min(bytes.byteLength - done, 1 << 30);
        const { bytesWritten } = await this.handle.write(bytes, done, length, offset + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw toWriteError(error, this.partialPath);
    }
    this.unflushed += bytes.byteLength;
    if (this.unflushed >= flushBytes) this.flushInBackground();
  }

  /** Records a finished tensor; its bytes must have been written. */
  async complete(entry: JournalEntry): Promise<void> {
    if (this.flushError !== undefined) throw toWriteError(this.flushError, this.partialPath);
    await this.journal.append(entry);
  }

  /** SHA-256 of the whole partial file. */
  async hash(signal?: AbortSignal): Promise<string> {
    const hash = createHash('sha256');
    await this.hashRange(hash, 0, this.options.size, signal);
    return hash.digest('hex');
  }

  /**
   * Flushes the file, gives it its name and ends. Throws `output/exists` when someone made that file meanwhile; the
   * partial file then stays.
   */
  async finish(): Promise<void> {
    try {
      await this.flushing;
      if (this.flushError !== undefined) throw toWriteError(this.flushError, this.partialPath);
      await this.handle.sync();
      await checkPlace(this.path, this.options.overwrite);
      await this.closeFiles();
      await rename(this.partialPath, this.path);
      await rm(journalPathOf(this.path), { force: true });
      await syncFolder(dirname(this.path));
      await this.lock.release();
    } catch (error) {
      await this.abandon(true);
      throw toIoError(error, this.path);
    }
  }

  /** Keeps a file that its check refused as `X.rejected`, for people to look at, and ends. Gives that path. */
  async reject(): Promise<string> {
    const rejected = rejectedPathOf(this.path);
    await this.closeFiles();
    await rename(this.partialPath, rejected).catch((error: unknown) => {
      throw toIoError(error, rejected);
    });
    await rm(journalPathOf(this.path), { force: true });
    await this.lock.release();
    return rejected;
  }

  /** Ends without finishing: keeps the partial file and its journal for the next run, or removes both. */
  async abandon(keepPartial: boolean): Promise<void> {
    await this.closeFiles();
    if (!keepPartial) {
      await rm(this.partialPath, { force: true });
      await rm(journalPathOf(this.path), { force: true });
    }
    await this.lock.release();
  }

  private async closeFiles(): Promise<void> {
    await this.flushing;
    await this.journal.close().catch(() => undefined);
    await this.handle.close().catch(() => undefined);
  }

  private flushInBackground(): void {
    if (this.flushing !== undefined) return;
    this.unflushed = 0;
    this.flushing = this.handle.datasync().then(
      () => {
        this.flushing = undefined;
      },
      (error: unknown) => {
        this.flushing = undefined;
        this.flushError = error;
      },
    );
  }
}

export function partialPathOf(path: string): string {
  return `${path}.partial`;
}

/** Where a file is kept that its check refused. */
export function rejectedPathOf(path: string): string {
  return `${path}.rejected`;
}

export function journalPathOf(path: string): string {
  return `${partialPathOf(path)}.journal`;
}

/**
 * Removes what a run left that was killed right after it gave the file at `path` its name: its journal and its lock. Gives
 * false, and leaves everything, when a run that lives writes there or another one got only as far as a partial file.
 */
export async function tidyFinished(path: string): Promise<boolean> {
  const partial = partialPathOf(path);
  const lock = await takeOutputLock(`${partial}.lock`, path).catch(() => undefined);
  if (lock === undefined) return false;
  try {
    const isUnfinished = await stat(partial).then(
      () => true,
      () => false,
    );
    if (!isUnfinished) await rm(journalPathOf(path), { force: true });
    return !isUnfinished;
  } finally {
    await lock.release();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Throws `output/exists`, and `io/not-found` for a missing folder. */
export async function checkPlace(path: string, overwrite: boolean): Promise<void> {
  const folder = await stat(dirname(path)).catch((error: unknown) => {
    throw toIoError(error, dirname(path));
  });
  if (!folder.isDirectory()) {
    throw new StudioError('io/not-found', `${dirname(path)} is not a folder.`);
  }
  const existing = await stat(path).catch(() => undefined);
  if (existing?.isDirectory()) {
    throw new StudioError('output/exists', `${path} is a folder.`, {
      hint: 'Give the path of a file to write.',
    });
  }
  if (existing !== undefined && !overwrite) {
    throw new StudioError('output/exists', `${path} exists already.`, {
      hint: 'Choose another name, remove the file, or replace it with --overwrite.',
    });
  }
}

/** Makes the rename itself survive a power cut; not every system can flush folders. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** What is written stays beside its place, for the next run. */
function toWriteError(error: unknown, path: string): StudioError {
  const told = toIoError(error, path);
  if (told.code !== 'io/disk-full') return told;
  return new StudioError(told.code, told.message, {
    hint: 'Free some space or write to another disk, then run it again: it goes on where it stopped.',
    details: told.details,
    cause: error,
  });
}
