// What can be done with a job; failures are told in a notice.
import type { Job } from '#src/contract/jobs.ts';
import { showJob, useNavigation } from '#renderer/stores/navigation-store.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { confirm } from '#renderer/ui/dialog.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { goesOn } from './job-words.ts';

export async function cancelJob(job: Job): Promise<void> {
  const yes = await confirm({
    title: `Cancel "${job.title}"?`,
    text: goesOn({ kind: job.kind, state: 'cancelled' })
      ? 'Finished outputs stay. Started again later, it goes on where it stopped.'
      : 'Finished outputs stay. Run again later, it starts from the beginning.',
    action: 'Cancel the job',
    cancel: 'Let it run',
    danger: true,
  });
  if (yes) await told(studio().call('cancelJob', { job: job.id }));
}

export async function retryJob(job: Job): Promise<void> {
  await told(
    studio()
      .call('retryJob', { job: job.id })
      .then((started) => showJob(started.id)),
  );
}

export async function removeJob(job: Job): Promise<void> {
  await told(studio().call('removeJob', { job: job.id }));
  if (useNavigation.getState().shownJob === job.id) {
    useNavigation.setState({ shownJob: undefined });
  }
}

/** Takes ended jobs off the list, one by one; their outputs stay. */
export async function removeEnded(jobs: readonly Job[]): Promise<void> {
  const yes = await confirm({
    title: jobs.length === 1 ? 'Remove one job?' : `Remove ${jobs.length} jobs?`,
    text: 'They disappear from the list with their logs. Their outputs stay where they are.',
    action: 'Remove from the list',
    danger: true,
  });
  if (!yes) return;
  for (const job of jobs) await removeJob(job);
}

async function told(change: Promise<unknown>): Promise<void> {
  try {
    await change;
  } catch (error) {
    notify.error(error);
  }
}
