// Jobs of the window. The job store is the one list: builds started here are recorded in it like those of the command line,
// and what any process does to a job comes back through the store's watch.
import { stat } from 'node:fs/promises';
import type { Job, JobResult } from '#src/contract/jobs.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { isEnded, type JobRequest } from '#src/io/job-store-files.ts';
import { openJobStore, type NewJob } from '#src/io/job-store.ts';
import { recordJob, type RecordedJob } from '#src/jobs/record-job.ts';
import { workOfRequest, type RequestListener } from '#src/jobs/run-request.ts';
import { parseRecipe } from '#src/recipe/recipe-file.ts';
import { placeRecipe } from './recipe-paths.ts';
import { refuseUnwritableOutputs } from './unwritable-outputs.ts';
import type { StudioHandlers } from './studio-platform.ts';
import type { StudioParts } from './studio-parts.ts';
import { createTurnQueue } from './turn-queue.ts';

type JobMethods =
  'startBuild' | 'cancelJob' | 'retryJob' | 'removeJob' | 'followJobLog' | 'listJobOutputs';

export interface JobPart {
  readonly handlers: StudioHandlers<JobMethods>;
  /** Adds a job and starts it in its turn. */
  start(job: NewJob, request: JobRequest): Promise<Job>;
  /** Starts a job like `start`, and ends as it ends; the caller hears its events. */
  follow(job: NewJob, request: JobRequest, options: FollowOptions): Promise<void>;
  /** All jobs, newest first. */
  list(): Promise<readonly Job[]>;
  /** Stops looking. Jobs that run are marked as interrupted: they go on where they stopped when they are run again. */
  dispose(): Promise<void>;
}

export interface FollowOptions {
  /** Cancels the job, unless its window is gone: then it goes on. */
  readonly signal: AbortSignal;
  readonly connection?: AbortSignal | undefined;
  readonly onEvent: EventSink;
  readonly listener?: RequestListener;
}

/** How often a followed log is looked at, in milliseconds. */
const logInterval = 250;

export function jobPart(parts: StudioParts): JobPart {
  const { files, home, hosts, settings, watchers } = parts;
  const store = openJobStore(home);
  const queue = createTurnQueue();
  const running = new Map<string, RecordedJob<JobResult>>();
  const closing = new AbortController();
  const known = new Map<string, Job>();
  const watch = store.watch(({ id, job }) => {
    if (job === undefined) {
      known.delete(id);
      watchers.send({ event: 'job-removed', job: id });
    } else {
      known.set(id, job);
      watchers.send({ event: 'job', job });
    }
  });

  const hostOf = (method: string) => (method === 'probeBehaviour' ? hosts.examiner : hosts.builder);
  const jobOf = async (id: string): Promise<Job> => {
    const job = await store.read(id);
    if (job !== undefined) return job;
    throw new StudioError('job/unknown', `There is no job ${id}.`, {
      hint: 'It may have been removed from the list.',
    });
  };
  const begin = async (
    job: NewJob | { again: string },
    request: JobRequest,
    { onEvent, listener }: Partial<FollowOptions> = {},
  ): Promise<RecordedJob<JobResult>> => {
    const turn = queue.enter();
    try {
      const recorded = await recordJob(
        store,
        job,
        workOfRequest(
          request,
          (method, params, options) =>
            // Loading a repaired file may end its host: that must not be the one of the builds.
            hostOf(method).call(method, params, options as never),
          listener,
        ),
        { signal: closing.signal, waitForTurn: (signal) => turn.wait(signal), onEvent },
      );
      running.set(recorded.id, recorded);
      void recorded.finished
        .catch(() => undefined)
        .finally(() => {
          turn.leave();
          running.delete(recorded.id);
          void watch.look();
        });
      void watch.look();
      return recorded;
    } catch (error) {
      turn.leave();
      throw notStarted(error, home);
    }
  };
  const run = async (job: NewJob | { again: string }, request: JobRequest): Promise<Job> =>
    jobOf((await begin(job, request)).id);

  return {
    start: run,
    async follow(job, request, options) {
      const { signal, connection } = options;
      signal.throwIfAborted();
      const recorded = await begin(job, request, options);
      const stop = () => {
        if (connection?.aborted !== true) recorded.cancel();
      };
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      try {
        await recorded.finished;
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    async list() {
      await watch.ready;
      return [...known.values()].sort(
        (a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1),
      );
    },
    async dispose() {
      watch.close();
      closing.abort(studioClosed());
      await Promise.all(
        [...running.values()].map(({ finished }) => finished.catch(() => undefined)),
      );
    },
    handlers: {
      async startBuild({ text, file, title, overwrite }) {
        const { label, folder, path } = await placeRecipe(parts, text, file, title);
        // What is wrong in the recipe is told at once, not by a job that fails.
        const { recipe } = parseRecipe(text, label);
        await refuseUnwritableOutputs(recipe, label, folder);
        const { threads, validateBuilds } = settings.current;
        const params = {
          recipe: text,
          label,
          folder,
          validate: validateBuilds,
          keepTemp: false,
          overwrite,
          verifyReused: false,
          ...(threads === undefined ? {} : { threads }),
        };
        const request = { kind: 'build', params } as const;
        const recipePath = path === undefined ? {} : { recipePath: path };
        return run(
          { kind: 'build', title, origin: 'window', folder, ...recipePath, request },
          request,
        );
      },
      async cancelJob({ job: id }) {
        const own = running.get(id);
        if (own !== undefined) own.cancel();
        else if (!(await store.requestCancel(id))) {
          const { state } = await jobOf(id);
          throw new StudioError('job/state', `The job has ended already: it is ${state}.`, {
            hint: 'There is nothing left to cancel.',
          });
        }
        return null;
      },
      async retryJob({ job: id }) {
        const job = await jobOf(id);
        const request = await store.readRequest(id);
        if (job.canRetry && request !== undefined) return run({ again: id }, request);
        throw new StudioError(
          'job/state',
          `The job "${job.title}" is ${job.state} and cannot be run again.`,
          {
            hint:
              request === undefined
                ? 'What it was asked is not kept; start it anew from its recipe or with the same command.'
                : 'Start it anew from its recipe or with the same command.',
          },
        );
      },
      async removeJob({ job: id }) {
        await store.remove(id);
        await watch.look();
        return null;
      },
      async followJobLog({ job: id }, { signal, emit }) {
        await jobOf(id);
        let offset = 0;
        for (;;) {
          // The state is read before the log, so that no line of an ended job is missed.
          const job = await store.read(id);
          const { lines, nextOffset } = await store.readLog(id, offset);
          const hasMore = nextOffset !== offset;
          offset = nextOffset;
          if (lines.length > 0) emit({ event: 'lines', lines: [...lines] });
          if (signal.aborted) return null;
          if (hasMore) continue;
          if (job === undefined || isEnded(job.state)) return null;
          await pause(logInterval, signal);
        }
      },
      async listJobOutputs({ job: id }) {
        const { result } = await jobOf(id);
        return Promise.all(
          (result?.files ?? []).map(async ({ path, level }) => {
            const exists = await stat(path).then(
              (status) => status.isFile(),
              () => false,
            );
            return { ...files.reference(path), level, exists };
          }),
        );
      },
    },
  };
}

/** A job that cannot be written down does not begin; the job's own path says nothing to anybody. */
function notStarted(error: unknown, home: string): unknown {
  if (!(error instanceof StudioError) || error.code !== 'io/disk-full') return error;
  return new StudioError(
    'io/disk-full',
    `The build was not started: its record has no room, the disk of ${home} is full.`,
    { hint: 'Free some space there, then run it again.', cause: error },
  );
}

/** Ends early when `signal` is aborted. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** The caller is gone, nobody cancelled: see recordJob. */
function studioClosed(): StudioError {
  return new StudioError('cancelled', 'The studio was closed.', { details: { callerGone: true } });
}
