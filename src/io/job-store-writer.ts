// The one process that runs a job writes its files: the state, replaced as a whole, and the journal, appended to. Keeping
// the record never fails or slows the work that it is about: a full disk costs lines of the journal, not the build.
import { createWriteStream, type WriteStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { thinEvents } from '#src/rpc/thin-events.ts';
import type { JobFiles, JobRecord } from './job-store-files.ts';
import type { OutputLock } from './output-lock.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

/** Two progress lines a second are enough to see later how fast a job was. */
const journalInterval = 500;
/** The state on the disk is at most this old; changes of state are written at once. */
const stateInterval = 250;
const cancelInterval = 250;
/** Native libraries can be talkative for hours: beyond this, only what changes the job's story is kept. */
const maximumJournalBytes = 32 * 1024 * 1024;

export class JobWriter {
  private readonly journal: WriteStream;
  private readonly take: ReturnType<typeof thinEvents<StageEvent>>;
  private journalBytes: number;
  private writing: Promise<void> | undefined;
  private isStale = false;
  private mustFlush = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly cancelWatch: NodeJS.Timeout;
  private readonly cancelled = new AbortController();

  private constructor(
    private readonly files: JobFiles,
    private readonly lock: OutputLock,
    private current: JobRecord,
    journalBytes: number,
  ) {
    this.journalBytes = journalBytes;
    this.journal = createWriteStream(files.journal, { flags: 'a' });
    this.journal.on('error', () => undefined);
    this.take = thinEvents<StageEvent>((event) => this.append(event), {
      interval: journalInterval,
    });
    this.cancelWatch = setInterval(() => void this.lookForCancel(), cancelInterval);
    this.cancelWatch.unref();
  }

  /** Takes over a job whose lock is held already and writes its state. */
  static async open(files: JobFiles, lock: OutputLock, record: JobRecord): Promise<JobWriter> {
    await rm(files.cancel, { force: true });
    const writer = new JobWriter(files, lock, record, await endLastLine(files.journal));
    try {
      await writeFileAtomically(files.job, textOf(record));
      return writer;
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  get id(): string {
    return this.current.id;
  }

  /** The job as it will be on the disk in a moment. */
  get record(): JobRecord {
    return this.current;
  }

  /** Aborted when another process asked to cancel this job. */
  get cancelRequested(): AbortSignal {
    return this.cancelled.signal;
  }

  /** Adds an event to the journal. Progress is thinned to two lines a second; steps are kept when their state changes. */
  event(event: StageEvent): void {
    this.take(event);
  }

  /** Changes the job; what is undefined is removed. Changes of `state` reach the disk at once, others within 250 ms. */
  update(changes: { readonly [Key in keyof JobRecord]?: JobRecord[Key] | undefined }): void {
    const merged = Object.entries({ ...this.current, ...changes });
    const hasNewState = changes.state !== undefined && changes.state !== this.current.state;
    this.current = Object.fromEntries(
      merged.filter(([, value]) => value !== undefined),
    ) as unknown as JobRecord;
    this.isStale = true;
    this.mustFlush ||= hasNewState;
    if (hasNewState) void this.write();
    else this.timer ??= setTimeout(() => void this.write(), stateInterval).unref();
  }

  /** Writes what is left and gives the job up; nothing may be changed any more. */
  async close(): Promise<void> {
    clearInterval(this.cancelWatch);
    this.take.flush();
    await new Promise<void>((resolve) => {
      if (this.journal.destroyed) resolve();
      else this.journal.once('close', resolve).end();
    });
    await this.write();
    await rm(this.files.cancel, { force: true }).catch(() => undefined);
    await this.lock.release();
  }

  /** One write at a time; what changes meanwhile is written by the next round. */
  private async write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    while (this.writing !== undefined) await this.writing;
    if (!this.isStale) return;
    const flush = this.mustFlush;
    this.isStale = false;
    this.mustFlush = false;
    // A state that could not be written is followed by the next one; the last is tried again by nobody, and the job then
    // counts as interrupted, which is what a reader has to assume.
    this.writing = writeFileAtomically(this.files.job, textOf(this.current), { flush })
      .catch(() => undefined)
      .finally(() => (this.writing = undefined));
    await this.writing;
  }

  private append(event: StageEvent): void {
    // Steps report their figures many times a second; the journal keeps the turns of the story.
    if (event.event === 'step' && event.state === 'running' && (event.done ?? 0) > 0) return;
    // A native library says thousands of such lines per model; --verbose shows them while they come.
    if (event.event === 'log' && event.level === 'debug') return;
    const isSmallTalk = event.event === 'log' || event.event === 'progress';
    if (isSmallTalk && this.journalBytes > maximumJournalBytes) return;
    const line = `${JSON.stringify({ time: Date.now(), event })}\n`;
    this.journalBytes += line.length;
    this.journal.write(line);
  }

  private async lookForCancel(): Promise<void> {
    const isAsked = await stat(this.files.cancel).then(
      () => true,
      () => false,
    );
    if (isAsked) this.cancelled.abort();
  }
}

function textOf(record: JobRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** A killed owner may have left half a line, which must not run into the next. Gives the journal's size. */
async function endLastLine(path: string): Promise<number> {
  const handle = await open(path, 'r+').catch(() => undefined);
  if (handle === undefined) return 0;
  try {
    const { size } = await handle.stat();
    if (size === 0) return 0;
    const last = Buffer.alloc(1);
    await handle.read(last, 0, 1, size - 1);
    if (last[0] === 0x0a) return size;
    await handle.write('\n', size);
    return size + 1;
  } finally {
    await handle.close();
  }
}
