// The job store (design section 3): a folder per job under `$GGUF_STUDIO_HOME/jobs`, written by whoever runs the job and
// read by every front, so that there is one list however a job was started. Its record needs no server: a lock names the
// owner's process, and a job whose owner is gone is shown as interrupted.
import { randomUUID } from 'node:crypto';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from '#src/contract/jobs.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import {
  isEnded,
  jobFiles,
  jobIdPattern,
  readJob,
  readJobRequest,
  readRecord,
  type JobRecord,
  type JobRequest,
} from './job-store-files.ts';
import { readJobLog, type JobLogPart } from './job-store-log.ts';
import { watchJobs, type JobChange, type JobWatch } from './job-store-watch.ts';
import { JobWriter } from './job-store-writer.ts';
import { toIoError } from './io-error.ts';
import { takeOutputLock } from './output-lock.ts';
import { isLockHeld } from './process-owner.ts';
import { ensureOwnFolder, studioHome } from './studio-home.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

/** What is known of a job when it begins. */
export interface NewJob extends Pick<JobRecord, 'kind' | 'title' | 'origin' | 'folder'> {
  /** Recipe file, when it came from one. */
  readonly recipePath?: string | undefined;
  /** The line of the command line that started it. */
  readonly command?: string | undefined;
  /** Without it the job cannot be run again from the list. */
  readonly request?: JobRequest | undefined;
}

export interface JobStore {
  /** Where the jobs lie; made at the first job. */
  readonly folder: string;
  /** Adds a job, `queued` and owned by this process until the writer is closed. Throws `io/failed` or `io/disk-full`. */
  create(job: NewJob): Promise<JobWriter>;
  /**
   * Takes an ended job up again, `queued` and owned by this process: the same job, its log goes on. Throws
   * `job/unknown` and `job/running` while a process owns it.
   */
  reopen(id: string): Promise<JobWriter>;
  /** All jobs, newest first. Folders that hold no readable job are left out. */
  list(): Promise<Job[]>;
  read(id: string): Promise<Job | undefined>;
  /** What a retry needs; undefined when the job cannot be run again. */
  readRequest(id: string): Promise<JobRequest | undefined>;
  /** Log lines from a byte offset of the journal (0 at first, then `nextOffset`). */
  readLog(id: string, offset: number): Promise<JobLogPart>;
  /** Asks whoever runs the job to cancel it; false when nobody does. The owner looks four times a second. */
  requestCancel(id: string): Promise<boolean>;
  /** Removes an ended job from the list, never its outputs. Throws `job/running`. */
  remove(id: string): Promise<void>;
  /** Removes the oldest ended jobs beyond `keep` (200); gives how many. */
  prune(keep?: number): Promise<number>;
  /** Reports every job once, then each one that changes or goes, whichever process changed it. */
  watch(onChange: (change: JobChange) => void): JobWatch;
}

/** Removes what a process left that was killed while it added a job. */
const halfMadeLifetimeMs = 60 * 60 * 1000;
const keptJobs = 200;

export function openJobStore(home = studioHome()): JobStore {
  const folder = join(home, 'jobs');

  async function ids(): Promise<string[]> {
    const names = await readdir(folder, { withFileTypes: true }).catch(() => []);
    return names
      .filter((entry) => entry.isDirectory() && jobIdPattern.test(entry.name))
      .map((entry) => entry.name);
  }

  async function take(id: string) {
    const { lock } = jobFiles(folder, id);
    return takeOutputLock(lock, `The job ${id}`).catch((error: unknown) => {
      if (error instanceof StudioError && error.code === 'build/locked') throw running(id, error);
      throw error;
    });
  }

  const store: JobStore = {
    folder,
    async create({ request, ...job }) {
      const createdAt = Date.now();
      const id = newId(createdAt);
      const files = jobFiles(folder, id);
      await ensureOwnFolder(folder);
      await ensureOwnFolder(files.folder);
      const lock = await take(id);
      const { recipePath, command, ...rest } = job;
      const record: JobRecord = {
        version: 1,
        id,
        ...rest,
        ...(recipePath === undefined ? {} : { recipePath }),
        ...(command === undefined ? {} : { command }),
        state: 'queued',
        createdAt,
        steps: [],
        notices: [],
      };
      try {
        if (request !== undefined)
          await writeFileAtomically(files.request, JSON.stringify(request));
        return await JobWriter.open(files, lock, record);
      } catch (error) {
        await lock.release();
        await rm(files.folder, { recursive: true, force: true });
        throw error;
      }
    },
    async reopen(id) {
      const files = checkedFiles(folder, id);
      if ((await readRecord(files, id)) === undefined) throw missing(id);
      const lock = await take(id);
      try {
        // Read again: while the lock was taken, its last owner may have written the end.
        const record = await readRecord(files, id);
        if (record === undefined) throw missing(id);
        return await JobWriter.open(files, lock, begunAgain(record));
      } catch (error) {
        await lock.release();
        throw error;
      }
    },
    async list() {
      const jobs = await Promise.all((await ids()).map((id) => readJob(folder, id)));
      return jobs
        .filter((job) => job !== undefined)
        .sort((left, right) => right.createdAt - left.createdAt || (left.id < right.id ? 1 : -1));
    },
    read: async (id) => (jobIdPattern.test(id) ? readJob(folder, id) : undefined),
    readRequest: async (id) => (jobIdPattern.test(id) ? readJobRequest(folder, id) : undefined),
    readLog: (id, offset) => readJobLog(checkedFiles(folder, id).journal, offset),
    async requestCancel(id) {
      const job = await store.read(id);
      if (job === undefined || isEnded(job.state)) return false;
      const { cancel } = jobFiles(folder, id);
      await writeFile(cancel, '').catch((error: unknown) => {
        throw toIoError(error, cancel);
      });
      return true;
    },
    async remove(id) {
      const files = checkedFiles(folder, id);
      if ((await readRecord(files, id)) === undefined) throw missing(id);
      // The lock goes with the folder: nobody can take the job up while it is removed.
      await take(id);
      await rm(files.folder, { recursive: true, force: true }).catch((error: unknown) => {
        throw toIoError(error, files.folder);
      });
    },
    async prune(keep = keptJobs) {
      const jobs = await store.list();
      const old = jobs.filter(({ state }) => isEnded(state)).slice(keep);
      const readable = new Set(jobs.map(({ id }) => id));
      const halfMade: string[] = [];
      for (const id of await ids()) {
        if (!readable.has(id) && (await isHalfMade(folder, id))) halfMade.push(id);
      }
      let removed = 0;
      for (const id of [...old.map((job) => job.id), ...halfMade]) {
        // Another process may prune at the same moment, or run the job again.
        const isGone = await take(id).then(
          () => rm(jobFiles(folder, id).folder, { recursive: true, force: true }).then(() => true),
          () => false,
        );
        if (isGone) removed++;
      }
      return removed;
    },
    watch: (onChange) => watchJobs(folder, ids, onChange),
  };
  return store;
}

function newId(time: number): string {
  const stamp = new Date(time).toISOString().replaceAll(/[-:]/g, '').slice(0, 15).replace('T', '-');
  return `${stamp}-${randomUUID().slice(0, 8)}`;
}

/** Queued anew: how it ended the last time is history, which the log keeps. */
function begunAgain(record: JobRecord): JobRecord {
  const again: JobRecord = { ...record, state: 'queued', steps: [], notices: [] };
  delete again.error;
  delete again.result;
  delete again.startedAt;
  delete again.endedAt;
  delete again.progress;
  delete again.phase;
  return again;
}

/** No job.json after an hour and no owner: its maker was killed in that moment. */
async function isHalfMade(folder: string, id: string): Promise<boolean> {
  const files = jobFiles(folder, id);
  if ((await stat(files.job).catch(() => undefined)) !== undefined) return false;
  if (await isLockHeld(files.lock)) return false;
  const status = await stat(files.folder).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs > halfMadeLifetimeMs;
}

function checkedFiles(folder: string, id: string) {
  if (!jobIdPattern.test(id)) throw missing(id);
  return jobFiles(folder, id);
}

function missing(id: string): StudioError {
  return new StudioError('job/unknown', `There is no job ${id}.`, {
    hint: 'It may have been removed; "gguf-studio jobs" lists all.',
  });
}

function running(id: string, cause: StudioError): StudioError {
  return new StudioError('job/running', `The job ${id} is running.`, {
    hint: 'Wait for it to end, or cancel it first.',
    details: cause.details,
    cause,
  });
}
