// The drawer with every job, whoever started it: the list, and beside it the chosen one.
import { X } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Job } from '#src/contract/jobs.ts';
import { formatDuration } from '#src/text/format-number.ts';
import { goTo, useNavigation } from '#renderer/stores/navigation-store.ts';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ProgressBar } from '#renderer/ui/progress-bar.tsx';
import { ResizeHandle, shareOfWindow, useStoredSize } from '#renderer/ui/resize-handle.tsx';
import { Segmented } from '#renderer/ui/tabs.tsx';
import { VirtualTable, type TableColumn } from '#renderer/ui/virtual-table.tsx';
import { removeEnded } from './job-actions.ts';
import { JobDetails } from './job-details.tsx';
import {
  filterJobs,
  hasEnded,
  percent,
  progressShare,
  resultText,
  stateWords,
  takenText,
  timeText,
  type JobFilter,
} from './job-words.ts';
import css from './jobs.module.css';
import { useNow } from './use-now.ts';

const keyOf = (job: Job) => job.id;

export function JobsDrawer() {
  const jobs = useStudio((store) => store.jobs);
  const shown = useNavigation((store) => store.shownJob);
  const [filter, setFilter] = useState<JobFilter>('all');
  const [detailsWidth, setDetailsWidth] = useStoredSize('job-details', shareOfWindow(0.3, 560));
  const [width, setWidth] = useState(1200);
  const drawer = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => filterJobs(jobs, filter), [jobs, filter]);
  const ended = useMemo(() => jobs.filter(hasEnded), [jobs]);
  const job = jobs.find(({ id }) => id === shown);
  const now = useNow(jobs.some(({ state }) => state === 'running'));
  const mostDetails = Math.max(320, width - 320);
  const details = Math.min(detailsWidth, mostDetails);
  // In steps, so that dragging the line does not draw every row anew.
  const free = Math.floor((width - (job === undefined ? 0 : details)) / 10) * 10;
  const columns = useMemo(
    () => jobColumns(now).filter(({ needs = 0 }) => free >= needs),
    [now, free],
  );

  useEffect(() => {
    const element = drawer.current;
    if (element === null) return;
    const observer = new ResizeObserver(([box]) => setWidth(box?.contentRect.width ?? 1200));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  return (
    <div className={css.drawer} ref={drawer}>
      <header className={css.header}>
        <h2>Jobs</h2>
        <Segmented
          label="Which jobs are shown"
          value={filter}
          options={[
            { value: 'all', label: 'All' },
            { value: 'running', label: 'Running' },
            { value: 'ended', label: 'Ended' },
            { value: 'failed', label: 'Failed' },
          ]}
          onChange={setFilter}
        />
        <span className={css.count} role="status">
          <span className="num">{rows.length}</span>
          <span className="visually-hidden"> jobs</span>
        </span>
        {ended.length > 0 && (
          <Button variant="quiet" onClick={() => void removeEnded(ended)}>
            Remove ended
          </Button>
        )}
        <IconButton
          label="Hide jobs"
          shortcut="Mod+J"
          tooltipSide="left"
          onClick={() => useNavigation.setState({ jobsOpen: false })}
        >
          <X aria-hidden="true" />
        </IconButton>
      </header>
      <div className={css.parts}>
        <div className={css.list}>
          <VirtualTable
            label="Jobs"
            columns={columns}
            rows={rows}
            rowKey={keyOf}
            selected={shown}
            onSelect={(row) => useNavigation.setState({ shownJob: row.id })}
            onCancel={() => useNavigation.setState({ shownJob: undefined })}
            empty={
              jobs.length === 0 ? (
                <EmptyState
                  title="No jobs yet"
                  text="Builds and conversions appear here, from this window, the command line and scripts alike."
                  actions={<Button onClick={() => goTo('workflow')}>Build something</Button>}
                />
              ) : (
                <EmptyState title="None of these" text="No job is in this state." />
              )
            }
          />
        </div>
        {job !== undefined && (
          <>
            <ResizeHandle
              label="Width of the job's details"
              orientation="vertical"
              value={details}
              minimum={320}
              maximum={mostDetails}
              onChange={setDetailsWidth}
            />
            <JobDetails key={job.id} job={job} now={now} width={details} />
          </>
        )}
      </div>
    </div>
  );
}

/** `needs`: pixels of the whole list below which the column is left out; the details tell it as well. */
function jobColumns(now: number): readonly (TableColumn<Job> & { needs?: number })[] {
  return [
    {
      key: 'state',
      header: 'State',
      width: '88px',
      cell: ({ state }) => <Chip tone={stateWords[state].tone}>{stateWords[state].word}</Chip>,
    },
    {
      key: 'title',
      header: 'Job',
      width: 'minmax(140px, 2fr)',
      cell: ({ title, recipePath }) => <span title={recipePath ?? title}>{title}</span>,
    },
    {
      key: 'origin',
      header: 'Started from',
      width: 'minmax(92px, 1fr)',
      needs: 820,
      cell: ({ origin }) => <span className={css.muted}>{origin}</span>,
    },
    {
      key: 'progress',
      header: 'Progress',
      width: 'minmax(100px, 1.4fr)',
      cell: (job) => <JobProgress job={job} />,
    },
    {
      key: 'left',
      header: 'Left',
      width: '76px',
      align: 'end',
      cell: ({ state, progress }) => (
        <span className="num">
          {state === 'running' && progress?.secondsLeft !== undefined
            ? formatDuration(progress.secondsLeft)
            : ''}
        </span>
      ),
    },
    {
      key: 'started',
      header: 'Started',
      width: '104px',
      align: 'end',
      needs: 620,
      cell: ({ startedAt, createdAt }) => (
        <span className={`num ${css.muted ?? ''}`}>{timeText(startedAt ?? createdAt, now)}</span>
      ),
    },
    {
      key: 'took',
      header: 'Took',
      width: '76px',
      align: 'end',
      needs: 710,
      cell: (job) => <span className="num">{takenText(job, now)}</span>,
    },
  ];
}

function JobProgress({ job }: { job: Job }) {
  if (job.state === 'failed') {
    return (
      <span className={css.muted} title={job.error?.message}>
        {job.error?.message}
      </span>
    );
  }
  if (job.state === 'done') return <span className={css.muted}>{resultText(job)}</span>;
  if (job.state === 'queued') return null;
  const share = progressShare(job);
  return (
    <span className={css.progress}>
      <ProgressBar
        done={share ?? 0}
        total={share === undefined ? (job.state === 'running' ? undefined : 1) : 1}
        label={`Progress of ${job.title}`}
      />
      <span className="num">{share === undefined ? '' : percent(share)}</span>
    </span>
  );
}
