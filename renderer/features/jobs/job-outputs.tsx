// What a job wrote: level, size, hash, and where it can go from here.
import { useEffect, useState } from 'react';
import type { Job } from '#src/contract/jobs.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { handOver } from '#renderer/stores/navigation-store.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import type { StudioResult } from '#renderer/studio-client.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { Skeleton } from '#renderer/ui/skeleton.tsx';
import { hasEnded } from './job-words.ts';
import css from './jobs.module.css';

type Output = StudioResult<'listJobOutputs'>[number];

export function JobOutputs({ job }: { job: Job }) {
  const desktop = useStudio((store) => store.state?.mode === 'desktop');
  const [answer, setAnswer] = useState<{ outputs?: readonly Output[]; error?: unknown }>({});
  useEffect(() => {
    const stop = new AbortController();
    studio()
      .call('listJobOutputs', { job: job.id }, { signal: stop.signal })
      .then(
        (outputs) => setAnswer({ outputs }),
        (error: unknown) => {
          if (!stop.signal.aborted) setAnswer({ error });
        },
      );
    return () => stop.abort();
  }, [job.id, job.state]);
  const { outputs, error } = answer;
  if (error !== undefined) return <ErrorNotice error={error} />;
  if (outputs === undefined) return <Skeleton label="Looking for the outputs" />;
  if (outputs.length === 0) {
    return (
      <EmptyState
        title="No outputs"
        text={hasEnded(job) ? 'This job wrote none.' : 'They appear here when the job is done.'}
      />
    );
  }
  const models = outputs.filter(({ exists, name }) => exists && /\.gguf$/i.test(name));
  return (
    <div className={css.outputs}>
      {models.length > 1 && (
        <div className={css.outputActions}>
          <Button onClick={() => handOver({ to: 'chat', files: models })}>
            Chat with all side by side
          </Button>
          <Button onClick={() => handOver({ to: 'compare', files: models })}>Compare all</Button>
        </div>
      )}
      <ul>
        {outputs.map((output) => (
          <OutputRow key={output.id} output={output} job={job} desktop={desktop} />
        ))}
      </ul>
    </div>
  );
}

function OutputRow({ output, job, desktop }: { output: Output; job: Job; desktop: boolean }) {
  const file = job.result?.files.find(({ path }) => path === output.path);
  const isModel = /\.gguf$/i.test(output.name);
  return (
    <li>
      <div className={css.output}>
        {output.level !== '' && <LevelTag level={output.level} />}
        <span className={css.outputName} title={output.path}>
          {output.name}
        </span>
        <CopyButton label="Copy path" text={output.path} />
        {!output.exists && <Chip tone="warn">not there any more</Chip>}
        {file?.reused === true && <Chip title="It was current; nothing was written.">reused</Chip>}
        {file !== undefined && (
          <span className="num">
            {formatBytes(file.bytes)} · {file.bitsPerWeight.toFixed(2)} bpw
          </span>
        )}
      </div>
      <div className={css.outputActions}>
        {file !== undefined && (
          <>
            <span className={css.hash} title={file.sha256}>
              sha256 {file.sha256.slice(0, 12)}…
            </span>
            <CopyButton label="Copy SHA-256" text={file.sha256} />
          </>
        )}
        <span className={css.space} />
        {desktop && output.exists && (
          <Button
            onClick={() => {
              studio()
                .call('showInFolder', { file: output.id })
                .catch((failure: unknown) => notify.error(failure));
            }}
          >
            Open folder
          </Button>
        )}
        {output.exists && isModel && (
          <>
            <Button onClick={() => handOver({ to: 'library', show: output })}>Details</Button>
            <Button onClick={() => handOver({ to: 'compare', files: [output] })}>Compare</Button>
            <Button onClick={() => handOver({ to: 'chat', files: [output] })}>Chat</Button>
          </>
        )}
      </div>
    </li>
  );
}
