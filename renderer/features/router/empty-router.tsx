// No manifest is open: a family can be built in one click, or one that exists is opened.
import { Waypoints } from 'lucide-react';
import { goTo, showJob } from '#renderer/stores/navigation-store.ts';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { ProgressBar } from '#renderer/ui/progress-bar.tsx';
import css from './router.module.css';
import { buildFamily, openManifest, pickAndOpen } from './state/router-files.ts';
import { useRouter } from './state/router-store.ts';

export function EmptyRouter() {
  const manifests = useRouter((store) => store.manifests) ?? [];
  const awaited = useRouter((store) => store.awaitedJob);
  const job = useStudio(({ jobs }) => jobs.find(({ id }) => id === awaited));
  const seedling = useStudio(({ state }) => state?.workspace.seedling ?? false);
  const broken = manifests.filter(({ problem }) => problem !== undefined);
  const failed = useStudio(({ jobs }) =>
    jobs.find(({ title, state }) => title.startsWith('family ') && state === 'failed'),
  );
  return (
    <EmptyState
      icon={<Waypoints aria-hidden="true" />}
      title="No family to route to yet"
      text={
        <>
          <p>
            A router sends each request to the parent and adapter of its domain, shows why, and
            serves them all under one address. It needs a family: parents with their router.json.
          </p>
          {job !== undefined && (
            <div className={css.building} role="status">
              <p>Building the family…</p>
              <ProgressBar
                label="Building the family"
                done={job.progress?.done ?? 0}
                total={job.progress?.total}
              />
            </div>
          )}
          {job === undefined && failed?.error !== undefined && (
            <ErrorNotice
              error={failed.error}
              action={<Button onClick={() => showJob(failed.id)}>Show the job</Button>}
            />
          )}
          {broken.map(({ file, problem }) => (
            <ErrorNotice
              key={file.id}
              error={{ message: `${file.recipePath}: ${problem ?? ''}` }}
              action={<Button onClick={() => void openManifest(file)}>Try again</Button>}
            />
          ))}
        </>
      }
      actions={
        <>
          <Button variant="primary" busy={awaited !== undefined} onClick={() => void buildFamily()}>
            {seedling ? 'Build the Seedling family' : 'Build a family of all domains'}
          </Button>
          <Button onClick={() => void pickAndOpen()}>Open a manifest…</Button>
          <Button onClick={() => goTo('workflow')}>Build one on the canvas</Button>
        </>
      }
    />
  );
}
