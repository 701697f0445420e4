// What verifying the family found, in its place: how far it is, each problem with what to do, or that all is whole.
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { Button } from '#renderer/ui/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { showJob } from '#renderer/stores/navigation-store.ts';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { verifyPackage } from '../state/router-package.ts';
import { useRouter } from '../state/router-store.ts';
import css from './server.module.css';

/** Problems that are listed; a package whose every file is damaged has as many as files. */
const mostShown = 100;

export function VerificationResult({ file }: { file: string }) {
  const asked = useRouter((store) => store.verifyJob);
  const job = useStudio(({ jobs }) => jobs.find(({ id }) => id === asked?.job));
  if (asked?.file !== file || job === undefined) return null;
  const details = (
    <Button variant="quiet" onClick={() => showJob(job.id)}>
      Show the job
    </Button>
  );
  const verification = job.result?.verification;
  if (verification === undefined) {
    if (job.state === 'queued' || job.state === 'running') {
      return (
        <p className={css.text} role="status">
          {job.phase ?? 'Verifying'}… {details}
        </p>
      );
    }
    return (
      <ErrorNotice
        error={job.error ?? { message: `Verifying ended without a result: it is ${job.state}.` }}
        action={
          <>
            <Button onClick={() => void verifyPackage()}>Verify again</Button>
            {details}
          </>
        }
      />
    );
  }
  const { checks, files, bytes, passed } = verification;
  const problems = checks.filter(({ status }) => status !== 'passed');
  return (
    <>
      <p className={css.text} role="status">
        {passed ? 'Whole' : 'Not whole'}: {formatCount(files)} {files === 1 ? 'file' : 'files'},{' '}
        {formatBytes(bytes)} read, {formatCount(checks.length - problems.length)} of{' '}
        {formatCount(checks.length)} checks passed. {details}
      </p>
      {problems.slice(0, mostShown).map(({ subject, check, status, message, hint }, index) => (
        <ErrorNotice
          key={`${subject} ${check} ${index}`}
          tone={status === 'failed' ? 'bad' : 'warn'}
          error={{ message: `${subject}: ${message}`, hint }}
        />
      ))}
      {problems.length > mostShown && (
        <p className={css.text}>
          And {formatCount(problems.length - mostShown)} more, in the job’s list.
        </p>
      )}
    </>
  );
}
