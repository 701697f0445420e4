// Starts builds of the recipe in front and follows their jobs: what each node is doing, and which nodes were changed since.
import type { Job } from '#src/contract/jobs.ts';
import { confirm } from '#renderer/ui/dialog.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { showJob } from '#renderer/stores/navigation-store.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import type { CanvasDocument } from './canvas-document.ts';
import { activeDocument, setRun, useCanvas } from './canvas-store.ts';
import { planNow, replan } from './plan-build.ts';
import { snapshotOf } from './node-state.ts';
import { isActive, nodeRuns } from './run-view.ts';

/** Starts a job with the text as it is, saved or not. */
export async function runActive(): Promise<void> {
  const document = activeDocument();
  if (document === undefined) return;
  if (document.content.state === 'broken') {
    notify.error(document.content.error);
    return;
  }
  const running = jobOf(document.key);
  if (running !== undefined && isActive(running)) {
    notify.info('This recipe is being built. Cancel the job, or wait for it.');
    return;
  }
  const snapshot = snapshotOf(document.content.nodes.values());
  try {
    const overwrite = await mayOverwrite(document);
    if (overwrite === undefined) return;
    const job = await studio().call('startBuild', {
      text: document.text,
      title: document.title,
      overwrite,
      ...(document.file === undefined ? {} : { file: document.file.id }),
    });
    setRun(document.key, { job: job.id, snapshot, text: document.text, nodes: nodeRuns(job) });
  } catch (error) {
    notify.error(error);
  }
}

/** Asks when files of another making would be replaced; undefined when the user stays away from it. */
async function mayOverwrite(document: CanvasDocument): Promise<boolean | undefined> {
  const known = useCanvas.getState().plans[document.key];
  const plan =
    known?.text === document.text && !known.stale ? known.plan : await planNow(document.key);
  const foreign = plan?.outputs.filter(({ state }) => state === 'exists') ?? [];
  if (foreign.length === 0) return false;
  const agreed = await confirm({
    title: foreign.length === 1 ? 'Replace this file?' : `Replace ${foreign.length} files?`,
    text: `GGUF Studio did not build ${foreign.map(({ path }) => path).join(', ')}. Building replaces ${foreign.length === 1 ? 'it' : 'them'}.`,
    action: 'Replace and build',
    danger: true,
  });
  return agreed ? true : undefined;
}

/** The job of a recipe, as the studio last told it. */
export function jobOf(key: string): Job | undefined {
  const id = useCanvas.getState().runs[key]?.job;
  return id === undefined ? undefined : useStudio.getState().jobs.find((job) => job.id === id);
}

export async function cancelActive(): Promise<void> {
  const { active } = useCanvas.getState();
  const job = active === undefined ? undefined : jobOf(active);
  if (job !== undefined && isActive(job)) await cancel(job.id);
}

export async function cancel(job: string): Promise<void> {
  try {
    await studio().call('cancelJob', { job });
  } catch (error) {
    notify.error(error);
  }
}

/** Starts a job that failed, was cancelled or was interrupted again; it goes on where it stopped. */
export async function retry(key: string, id: string): Promise<void> {
  try {
    const job = await studio().call('retryJob', { job: id });
    const before = useCanvas.getState().runs[key];
    setRun(key, { ...before, job: job.id, snapshot: before?.snapshot, nodes: nodeRuns(job) });
  } catch (error) {
    notify.error(error);
  }
}

export function showLog(job: string): void {
  showJob(job);
}

/** Draws jobs on the nodes of their recipes. Returns how to stop. */
export function startFollowingJobs(): () => void {
  let seen = useStudio.getState().jobs;
  const look = (jobs: readonly Job[], before: readonly Job[]) => {
    const { documents, runs } = useCanvas.getState();
    for (const document of documents) {
      const run = runs[document.key];
      const job =
        run !== undefined
          ? jobs.find(({ id }) => id === run.job)
          : jobs.find(
              (one) =>
                document.file !== undefined &&
                one.recipePath === document.file.path &&
                one.kind === 'build',
            );
      if (job === undefined) continue;
      const nodes = nodeRuns(job, run?.nodes);
      if (run === undefined || nodes !== run.nodes) {
        setRun(document.key, { ...run, job: job.id, snapshot: run?.snapshot, nodes });
      }
      const was = before.find(({ id }) => id === job.id);
      if (was !== undefined && isActive(was) && !isActive(job)) ended(document, job);
    }
  };
  look(seen, seen);
  const stopJobs = useStudio.subscribe(({ jobs }) => {
    if (jobs === seen) return;
    const before = seen;
    seen = jobs;
    look(jobs, before);
  });
  // A recipe that is opened while its job runs shows it at once.
  let open = useCanvas.getState().documents.length;
  const stopDocuments = useCanvas.subscribe(({ documents }) => {
    if (documents.length === open) return;
    open = documents.length;
    look(seen, seen);
  });
  return () => {
    stopJobs();
    stopDocuments();
  };
}

function ended(document: CanvasDocument, job: Job): void {
  if (useCanvas.getState().active === document.key) replan();
  if (job.state === 'done') notify.success(`${document.title} is built.`);
}
