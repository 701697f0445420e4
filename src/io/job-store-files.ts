// The files of one job in the job store, and how they are read: everything in them was written by some process, perhaps
// one of another version or one that was killed while writing, so nothing is trusted before it is parsed.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { buildParamsSchema } from '#src/contract/build.ts';
import {
  absolutePath,
  convertLoraParams,
  convertParams,
  mergeParams,
  quantizeParams,
  threadCount,
} from '#src/contract/outputs.ts';
import { repairRequestParams } from '#src/contract/doctor/repair.ts';
import { doctorRequestParams } from '#src/contract/doctor/request.ts';
import { packageParams, verifyParams } from '#src/contract/packaging.ts';
import { allocateParams } from '#src/contract/quality/allocate.ts';
import { imatrixParams } from '#src/contract/quality/imatrix.ts';
import { evaluateParams } from '#src/contract/quality/evaluate.ts';
import { matrixParams } from '#src/contract/quality/matrix.ts';
import { benchSpeedParams, runTasksParams } from '#src/contract/quality/speed.ts';
import { jobSchema, type Job, type JobState } from '#src/contract/jobs.ts';
import { invariant } from '#src/errors/assert.ts';
import { isLockHeld } from './process-owner.ts';

/** job.json: a job without what is derived when it is shown. */
export const jobRecordSchema = jobSchema
  .omit({ canCancel: true, canRetry: true })
  .extend({ version: z.literal(1) });
export type JobRecord = z.infer<typeof jobRecordSchema>;

/** request.json: what running the job again needs. */
export const jobRequestSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('build'), params: buildParamsSchema }),
  z.object({ kind: z.literal('convert'), params: convertParams }),
  z.object({ kind: z.literal('convert-lora'), params: convertLoraParams }),
  z.object({ kind: z.literal('merge'), params: mergeParams }),
  z.object({ kind: z.literal('quantize'), params: quantizeParams }),
  z.object({ kind: z.literal('imatrix'), params: imatrixParams }),
  z.object({ kind: z.literal('matrix'), params: matrixParams }),
  z.object({ kind: z.literal('allocate'), params: allocateParams }),
  z.object({
    kind: z.literal('evaluate'),
    params: evaluateParams,
    /** Also time every file (`bench-speed`). */
    speed: z.boolean().exactOptional(),
  }),
  z.object({ kind: z.literal('bench-speed'), params: benchSpeedParams }),
  z.object({ kind: z.literal('package'), params: packageParams }),
  z.object({ kind: z.literal('repair'), params: repairRequestParams }),
  z.object({ kind: z.literal('verify'), params: verifyParams }),
  z.object({ kind: z.literal('tasks'), params: runTasksParams }),
  z.object({ kind: z.literal('doctor'), params: doctorRequestParams }),
  z.object({
    kind: z.literal('validate'),
    params: z.object({
      paths: z.array(absolutePath).min(1),
      depth: z.enum(['structure', 'full']),
      threads: threadCount.exactOptional(),
    }),
  }),
]);
/** A request as it is asked: defaults may be left out. */
export type AskedRequest = z.input<typeof jobRequestSchema>;
export type JobRequest = z.infer<typeof jobRequestSchema>;

/** Time first, so that names sort by age: `20261123-114500-1f2e3d4c`. */
export const jobIdPattern = /^[A-Za-z0-9-]{8,64}$/;

/** Recipes are at most 50 MB (studio.contract.ts); what a job says about itself is far smaller. */
const maximumBytes = 64 * 1024 * 1024;

export interface JobFiles {
  readonly folder: string;
  readonly job: string;
  readonly request: string;
  /** JSON Lines of `{ time, event }`. */
  readonly journal: string;
  /** Names the process that runs the job. */
  readonly lock: string;
  /** Its presence asks the owner to cancel. */
  readonly cancel: string;
}

export function jobFiles(jobsFolder: string, id: string): JobFiles {
  const folder = join(jobsFolder, id);
  return {
    folder,
    job: join(folder, 'job.json'),
    request: join(folder, 'request.json'),
    journal: join(folder, 'journal.jsonl'),
    lock: join(folder, 'lock'),
    cancel: join(folder, 'cancel'),
  };
}

export function isEnded(state: JobState): boolean {
  return state !== 'queued' && state !== 'running';
}

/** A job as fronts show it: with `interrupted` for one whose process is gone. Undefined when it cannot be read. */
export async function readJob(jobsFolder: string, id: string): Promise<Job | undefined> {
  const files = jobFiles(jobsFolder, id);
  let record = await readRecord(files, id);
  if (record === undefined) return undefined;
  let isOwned = !isEnded(record.state) && (await isLockHeld(files.lock));
  if (!isEnded(record.state) && !isOwned) {
    // It may have ended between the two looks: the last state is written before the lock is given back.
    record = (await readRecord(files, id)) ?? record;
    isOwned = !isEnded(record.state) && (await isLockHeld(files.lock));
  }
  const state = isEnded(record.state) || isOwned ? record.state : 'interrupted';
  const { version, ...job } = record;
  invariant(version === 1, 'the schema admits one version');
  const shown: Job = { ...job, state, canCancel: isOwned, canRetry: false };
  const isRetryable = state === 'failed' || state === 'cancelled' || state === 'interrupted';
  if (isRetryable) shown.canRetry = await isFile(files.request);
  return state === 'interrupted' ? atRest(shown) : shown;
}

/** What a job was asked; undefined when that is missing or not understood. */
export async function readJobRequest(
  jobsFolder: string,
  id: string,
): Promise<JobRequest | undefined> {
  return readParsed(jobFiles(jobsFolder, id).request, jobRequestSchema);
}

export async function readRecord(files: JobFiles, id: string): Promise<JobRecord | undefined> {
  const record = await readParsed(files.job, jobRecordSchema);
  return record?.id === id ? record : undefined;
}

/** Nothing of it runs any more: no time is left. A step that was `running` stays so: that is where the job stopped. */
export function atRest<Shown extends Pick<Job, 'steps' | 'progress'>>(job: Shown): Shown {
  const steps = job.steps.map((step) => {
    const rest = { ...step };
    delete rest.secondsLeft;
    return rest;
  });
  if (job.progress === undefined) return { ...job, steps };
  const progress = { ...job.progress };
  delete progress.secondsLeft;
  return { ...job, steps, progress };
}

async function readParsed<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  try {
    if ((await stat(path)).size > maximumBytes) return undefined;
    return schema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
}
