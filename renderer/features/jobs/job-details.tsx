// One job: what it is, what went wrong, its steps, log and outputs, and what can be done with it.
import { X } from 'lucide-react';
import { useState } from 'react';
import type { Job } from '#src/contract/jobs.ts';
import { formatDuration } from '#src/text/format-number.ts';
import { useNavigation } from '#renderer/stores/navigation-store.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { ProgressBar } from '#renderer/ui/progress-bar.tsx';
import { Tabs } from '#renderer/ui/tabs.tsx';
import { levelColor } from '#renderer/theme/level-color.ts';
import { cancelJob, removeJob, retryJob } from './job-actions.ts';
import { JobLog } from './job-log.tsx';
import { JobMeasured } from './job-measured.tsx';
import { JobOutputs } from './job-outputs.tsx';
import {
  hasEnded,
  interruptedHint,
  retryWord,
  stateWords,
  stepWords,
  takenText,
} from './job-words.ts';
import css from './jobs.module.css';

type JobTab = 'steps' | 'log' | 'outputs';

export function JobDetails({ job, now, width }: { job: Job; now: number; width: number }) {
  const [chosen, setTab] = useState<JobTab | undefined>();
  const tab = chosen ?? firstTab(job);
  const { word, tone } = stateWords[job.state];
  return (
    <section className={css.details} style={{ width }} aria-label={`Job ${job.title}`}>
      <header className={css.detailsHeader}>
        <h3 title={job.folder}>{job.title}</h3>
        <Chip tone={tone}>{word}</Chip>
        <span className={css.muted}>
          {job.state === 'running' && job.phase !== undefined ? `${job.phase} · ` : ''}
          <span className="num">{takenText(job, now)}</span>
        </span>
        <span className={css.space} />
        {!hasEnded(job) && (
          <Button
            disabled={!job.canCancel}
            title={job.canCancel ? undefined : 'It was started elsewhere; cancel it there.'}
            onClick={() => void cancelJob(job)}
          >
            Cancel
          </Button>
        )}
        {hasEnded(job) && job.state !== 'done' && job.canRetry && (
          <Button variant="primary" onClick={() => void retryJob(job)}>
            {retryWord(job)}
          </Button>
        )}
        {hasEnded(job) && <Button onClick={() => void removeJob(job)}>Remove</Button>}
        <IconButton
          label="Close the job's details"
          tooltipSide="left"
          onClick={() => useNavigation.setState({ shownJob: undefined })}
        >
          <X aria-hidden="true" />
        </IconButton>
      </header>
      {job.error !== undefined && (
        <div className={css.problem}>
          <ErrorNotice error={job.error} />
        </div>
      )}
      {job.state === 'interrupted' && job.error === undefined && (
        <div className={css.problem}>
          <ErrorNotice
            error={{
              message: 'Its process ended without a word.',
              hint: interruptedHint(job),
            }}
          />
        </div>
      )}
      {job.command !== undefined && (
        <div className={css.command}>
          <code title={`Typed in ${job.folder}`}>{job.command}</code>
          <CopyButton label="Copy the command" text={job.command} />
        </div>
      )}
      <Tabs<JobTab>
        label="Job"
        value={tab}
        onChange={setTab}
        tabs={[
          {
            value: 'steps',
            label: 'Steps',
            count: job.steps.length,
            content: <JobSteps job={job} />,
          },
          { value: 'log', label: 'Log', content: <JobLog job={job.id} /> },
          {
            value: 'outputs',
            label: 'Outputs',
            count: outputsOf(job),
            content: (
              <>
                <JobMeasured job={job} />
                {/* A job that only measures writes a run and no model; a hybrid has both. */}
                {(job.result?.run === undefined || job.result.files.length > 0) && (
                  <JobOutputs job={job} />
                )}
              </>
            ),
          },
        ]}
      />
    </section>
  );
}

/** Files and the run; undefined while there is no result. */
function outputsOf({ result }: Job): number | undefined {
  return result && result.files.length + (result.run === undefined ? 0 : 1);
}

/** What is worth looking at first. A build has steps before it tells of any. */
function firstTab(job: Job): JobTab {
  const { kind, state, steps } = job;
  const hasSteps = kind === 'build' || steps.length > 0;
  if (state === 'done') return kind === 'build' || (outputsOf(job) ?? 0) > 0 ? 'outputs' : 'log';
  return hasSteps && state !== 'failed' ? 'steps' : 'log';
}

function JobSteps({ job }: { job: Job }) {
  if (job.steps.length === 0) {
    return (
      <EmptyState
        title={job.state === 'queued' ? 'Waiting for its turn' : 'No steps'}
        text={
          job.state === 'queued'
            ? 'It starts when the jobs before it have ended.'
            : 'This job told of no single steps; its log tells what it did.'
        }
      />
    );
  }
  return (
    <div className={css.steps}>
      {job.notices.map((notice) => (
        <p key={notice} className={css.note}>
          {notice}
        </p>
      ))}
      <ul>
        {job.steps.map((step) => (
          <li key={`${step.node}:${step.level ?? ''}`}>
            <span className={css.stepName}>
              {step.node}
              {step.level !== undefined && <LevelTag level={step.level} />}
            </span>
            <span className={css.stepBar}>
              {step.state === 'running' && (
                <ProgressBar
                  done={step.done ?? 0}
                  total={step.total}
                  label={`Progress of ${step.node}`}
                  {...(step.level === undefined ? {} : { color: levelColor(step.level) })}
                />
              )}
            </span>
            <span className="num">
              {step.state === 'running' && step.secondsLeft !== undefined
                ? formatDuration(step.secondsLeft)
                : ''}
            </span>
            <Chip tone={stepWords[step.state].tone}>{stepWords[step.state].word}</Chip>
          </li>
        ))}
      </ul>
    </div>
  );
}
