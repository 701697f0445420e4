// `jobs`: the list that every front shares, and what can be done with one of its entries.
import type { Job, JobLogLine } from '#src/contract/jobs.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { openJobStore, type JobStore } from '#src/io/job-store.ts';
import { recordJob } from '#src/jobs/record-job.ts';
import { workOfRequest } from '#src/jobs/run-request.ts';
import { describeCommand, type OptionValues } from '#src/stages/stage-descriptor.ts';
import { defineCommand, type CommandContext, type CommandOutcome } from '../command.ts';
import { nearestName } from '../nearest-name.ts';
import { printable } from '../printable.ts';
import { renderBuild } from '../render-build.ts';
import { renderJob, renderJobs, renderLogLine } from '../render-jobs.ts';
import { usageError } from '../usage-error.ts';

const descriptor = describeCommand({
  name: 'jobs',
  title: 'Jobs',
  summary: 'List jobs, running and past, and follow, cancel, retry or remove one',
  description: [
    'One list for builds of the window, the command line and scripts, and for convert, convert-lora, merge, quantize and validate of the command line. ID is a job\'s id, enough of its beginning or end to be the only one, or "latest". A job whose process was killed is shown as interrupted; retry (or resume) goes on at its last good tensor.',
  ],
  forms: ['', 'show ID', 'log ID', 'cancel ID', 'retry ID', 'remove ID...'],
  positionals: { minimum: 0, maximum: 1000 },
  options: {
    limit: {
      kind: 'integer',
      valueName: 'N',
      minimum: 1,
      maximum: 10000,
      default: 20,
      label: 'Limit',
      description: 'How many jobs are listed, newest first; 20 without it.',
    },
    follow: {
      kind: 'flag',
      aliases: ['-f'],
      label: 'Follow',
      description: 'With log: go on until the job has ended.',
    },
  },
  examples: [
    { command: 'gguf-studio jobs', explains: 'What runs, and what ran' },
    { command: 'gguf-studio jobs log latest --follow', explains: 'Watch the newest job' },
    { command: 'gguf-studio jobs resume latest', explains: 'Go on with a build that was killed' },
  ],
});

type Options = OptionValues<typeof descriptor.options>;

/** Milliseconds between two looks at a job of another process. */
const lookInterval = 300;
/** How long a cancelled job may take to clean up before the command stops waiting for it. */
const cancelTime = 15_000;

export const jobsCommand = defineCommand(
  descriptor,
  async ({ options, positionals }, context): Promise<CommandOutcome> => {
    const store = openJobStore();
    const [action = 'list', ...ids] = positionals;
    const one = () => findJob(store, ids, action);
    switch (action) {
      case 'list':
        return listJobs(store, options);
      case 'show': {
        const job = await one();
        return { result: job, text: renderJob(job) };
      }
      case 'log':
        return showLog(store, await one(), options, context);
      case 'cancel':
        return cancelJob(store, await one(), context);
      case 'retry':
      case 'resume':
        return retryJob(store, await one(), context);
      case 'remove':
        return removeJobs(store, ids);
      default: {
        const actions = ['show', 'log', 'cancel', 'retry', 'resume', 'remove'];
        const nearest = nearestName(action, actions);
        throw usageError(
          `jobs cannot "${action}".`,
          nearest === undefined ? `It knows: ${actions.join(', ')}.` : `Did you mean ${nearest}?`,
        );
      }
    }
  },
);

async function listJobs(store: JobStore, { limit }: Options): Promise<CommandOutcome> {
  const all = await store.list();
  const jobs = all.slice(0, limit);
  const left = all.length - jobs.length;
  const more = left === 0 ? '' : `${left} more: add --limit ${all.length}.\n`;
  return { result: { jobs, total: all.length }, text: `${renderJobs(jobs)}${more}` };
}

/** The job that the words after the action name. */
async function findJob(store: JobStore, ids: readonly string[], action: string): Promise<Job> {
  const [given, extra] = ids;
  if (given === undefined) {
    throw usageError(`jobs ${action} needs a job.`, `Write: gguf-studio jobs ${action} latest.`);
  }
  if (extra !== undefined) {
    throw usageError(`"${extra}" is one argument too many.`, `Write: gguf-studio jobs ${action} ID.`); // prettier-ignore
  }
  return resolveJob(await store.list(), given);
}

function resolveJob(jobs: readonly Job[], given: string): Job {
  const [latest] = jobs;
  if (given === 'latest' && latest !== undefined) return latest;
  const exact = jobs.find(({ id }) => id === given);
  if (exact !== undefined) return exact;
  const matching = jobs.filter(({ id }) => id.startsWith(given) || id.endsWith(given));
  const [first, second] = matching;
  if (first !== undefined && second === undefined) return first;
  if (first !== undefined) {
    throw usageError(
      `"${given}" is ${matching.length} jobs: ${matching.slice(0, 5).map(({ id }) => id).join(', ')}.`,
      'Give more of the id.',
    ); // prettier-ignore
  }
  throw new StudioError('job/unknown', `There is no job "${given}".`, {
    hint: 'gguf-studio jobs lists all of them.',
  });
}

async function showLog(
  store: JobStore,
  job: Job,
  { follow }: Options,
  context: CommandContext,
): Promise<CommandOutcome> {
  const lines: JobLogLine[] = [];
  let offset = 0;
  for (;;) {
    // Asked before reading: what is written between the two is read by the next round.
    const isActive = (await store.read(job.id))?.canCancel ?? false;
    for (;;) {
      const part = await store.readLog(job.id, offset);
      for (const line of part.lines) {
        // With --json all lines are one document; else they are printed as they come.
        if (context.json) lines.push(line);
        else context.print(renderLogLine(line, context.style));
      }
      if (part.nextOffset === offset) break;
      offset = part.nextOffset;
    }
    if (follow !== true || !isActive) return { result: { id: job.id, lines }, text: '' };
    await pause(context.signal);
  }
}

async function cancelJob(
  store: JobStore,
  job: Job,
  context: CommandContext,
): Promise<CommandOutcome> {
  if (!(await store.requestCancel(job.id))) throw wrongState(job, 'cancelled', 'It has ended.');
  const end = Date.now() + cancelTime;
  for (;;) {
    const now = await store.read(job.id);
    if (now === undefined || !now.canCancel) {
      const state = now?.state ?? 'removed';
      return { result: now ?? null, text: `${job.id} ${printable(job.title)}: ${state}\n` };
    }
    if (Date.now() > end) {
      return { result: now, text: `${job.id} was asked to stop and is still cleaning up.\n` };
    }
    await pause(context.signal);
  }
}

async function retryJob(
  store: JobStore,
  job: Job,
  context: CommandContext,
): Promise<CommandOutcome> {
  if (!job.canRetry) {
    const isOver = job.state === 'done';
    throw wrongState(
      job,
      'run again',
      job.canCancel
        ? 'Cancel it first, or wait for it to end.'
        : isOver
          ? 'It is done; start it anew to do the same again.'
          : `What it was asked is not kept; ${anewText(job)}.`,
    );
  }
  const request = await store.readRequest(job.id);
  if (request === undefined)
    throw wrongState(job, 'run again', `What it was asked cannot be read; ${anewText(job)}.`);
  const recorded = await recordJob(
    store,
    { again: job.id },
    workOfRequest(request, context.factory),
    { signal: context.signal },
  );
  const result = await recorded.finished;
  const text =
    request.kind === 'build' ? renderBuild(result) : renderJob((await store.read(job.id)) ?? job);
  return { result: { id: job.id, ...result }, text };
}

function anewText({ command, folder }: Job): string {
  return command === undefined ? 'start it anew' : `run in ${folder}: ${command}`;
}

async function removeJobs(store: JobStore, ids: readonly string[]): Promise<CommandOutcome> {
  if (ids.length === 0) {
    throw usageError('jobs remove needs a job.', 'Write: gguf-studio jobs remove latest.');
  }
  const all = await store.list();
  const jobs = [...new Set(ids.map((given) => resolveJob(all, given)))];
  for (const { id } of jobs) await store.remove(id);
  const lines = jobs.map(
    ({ id, title }) => `Removed ${id} ${printable(title)}; its outputs stay.\n`,
  );
  return { result: { removed: jobs.map(({ id }) => id) }, text: lines.join('') };
}

function wrongState(job: Job, wanted: string, hint: string): StudioError {
  return new StudioError(
    'job/state',
    `The job ${job.id} is ${job.state} and cannot be ${wanted}.`,
    {
      hint,
      details: { id: job.id, state: job.state },
    },
  );
}

/** Waits a moment; rejects when the command is cancelled. */
async function pause(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, lookInterval));
  signal.throwIfAborted();
}
