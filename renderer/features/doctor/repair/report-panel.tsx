// The repair while it runs and what came of it: what to trust, before and after, what it answers, and where to go with it.
import { ArrowRight, FolderOpen, MessageSquare, ScanHeart } from 'lucide-react';
import type { RepairReport } from '#src/contract/doctor/repair.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import { formatBytes, formatDuration } from '#src/text/format-number.ts';
import { handOver } from '#renderer/stores/navigation-store.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { ProgressBar } from '#renderer/ui/progress-bar.tsx';
import { Answers } from '../check/answers.tsx';
import { Checklist } from '../check/checklist.tsx';
import { countText, trustWords, verdictWords, worstSeverity } from '../logic/doctor-words.ts';
import { inOrder } from '../logic/checklist.ts';
import { partsByTrust } from '../logic/plan-choice.ts';
import css from '../doctor.module.css';
import { useDoctor, type RepairState } from '../state/doctor-store.ts';
import { checkFile } from '../state/run-check.ts';
import { cancelRepair, planRepair } from '../state/run-repair.ts';

export function ReportPanel({ repair }: { repair: RepairState }) {
  if (repair.state === 'running') return <Repairing repair={repair} />;
  if (repair.state === 'stopped') {
    return (
      <EmptyState
        title="The repair was stopped"
        text="The damaged file is as it was. Nothing half-written has a final name."
        actions={<Button onClick={() => void planRepair()}>Plan again</Button>}
      />
    );
  }
  if (repair.report === undefined || repair.output === undefined) {
    return (
      <div className={css.pad}>
        <ErrorNotice
          error={repair.error}
          action={
            <>
              <Button
                onClick={() => {
                  useDoctor.setState({ panel: 'repair' });
                  void planRepair();
                }}
              >
                Plan again
              </Button>
              <Button onClick={() => void checkFile()}>Check again</Button>
            </>
          }
        />
      </div>
    );
  }
  return <Report report={repair.report} output={repair.output} />;
}

function Repairing({ repair: { sight } }: { repair: RepairState }) {
  const progress = sight?.progress;
  return (
    <div className={css.working}>
      <p role="status">{sight?.phase ?? 'Starting the repair'}</p>
      <ProgressBar done={progress?.done ?? 0} total={progress?.total} label="Repair" />
      <p className={css.muted}>
        {progress?.detail ?? ''}
        {progress?.secondsLeft !== undefined && ` ${formatDuration(progress.secondsLeft)} left`}
      </p>
      <p className={css.muted}>
        The new file is checked again and asked the validation prompts before this ends.
      </p>
      <Button onClick={cancelRepair}>Cancel</Button>
    </div>
  );
}

function Report({ report, output }: { report: RepairReport; output: FileReference }) {
  const desktop = useStudio((store) => store.state?.mode === 'desktop');
  const asked = useDoctor((store) => store.run?.behaviour);
  const { before, after, parts, behaviour } = report;
  const canChat = after.kind === 'model' && after.verdict !== 'error';
  return (
    <div className={css.report}>
      <header className={css.reportHead}>
        <div>
          <h3>{output.name}</h3>
          <p className={css.advice}>{report.advice}</p>
          <p className={css.trusts}>
            {partsByTrust(report).map(({ trust, count }) => (
              <Chip key={trust} tone={trustWords[trust].tone} title={trustWords[trust].says}>
                {count} {trustWords[trust].word}
              </Chip>
            ))}
          </p>
        </div>
        <div className={css.reportActions}>
          {canChat && (
            <Button
              variant="primary"
              icon={<MessageSquare aria-hidden="true" />}
              onClick={() => handOver({ to: 'chat', files: [output] })}
            >
              Chat with it
            </Button>
          )}
          {canChat && (
            <Button onClick={() => handOver({ to: 'compare', files: [output] })}>Compare</Button>
          )}
          {desktop && (
            <Button
              icon={<FolderOpen aria-hidden="true" />}
              onClick={() => {
                studio()
                  .call('showInFolder', { file: output.id })
                  .catch((error: unknown) => notify.error(error));
              }}
            >
              Show in folder
            </Button>
          )}
          <Button icon={<ScanHeart aria-hidden="true" />} onClick={() => void checkFile(output)}>
            Check it
          </Button>
        </div>
      </header>
      <div className={css.beforeAfter}>
        <Side
          title="Before"
          diagnosis={before}
          {...(asked === undefined ? {} : { behaviour: asked })}
        />
        <ArrowRight aria-hidden="true" />
        <Side title="After" diagnosis={after} {...(behaviour === undefined ? {} : { behaviour })} />
      </div>
      <section>
        <h4 className="label">What was done</h4>
        <ul className={css.done}>
          {parts.map(({ step, title, trust, detail, sha256 }) => (
            <li key={step}>
              <Chip tone={trustWords[trust].tone} title={trustWords[trust].says}>
                {trustWords[trust].word}
              </Chip>
              <span>
                {title}
                {detail !== undefined && <span className={css.muted}> {detail}</span>}
                {sha256 !== undefined && (
                  <code className={css.muted} title={sha256}>
                    {' '}
                    sha256 {sha256.slice(0, 12)}… met
                  </code>
                )}
              </span>
            </li>
          ))}
        </ul>
      </section>
      {behaviour !== undefined && behaviour.answers.length > 0 && (
        <section>
          <h4 className="label">What it answers</h4>
          <Answers answers={behaviour.answers} />
        </section>
      )}
      <section>
        <h4 className="label">Files</h4>
        <dl className={css.facts}>
          <Path name="repaired" path={report.output} />
          <Path name="report" path={report.report} />
          <div>
            <dt>size</dt>
            <dd>{formatBytes(report.bytes)}</dd>
          </div>
          <div>
            <dt>sha256</dt>
            <dd>
              {report.sha256} <CopyButton label="Copy the hash" text={report.sha256} />
            </dd>
          </div>
          <div>
            <dt>read for it</dt>
            <dd>{formatBytes(report.readBytes)}</dd>
          </div>
        </dl>
      </section>
    </div>
  );
}

function Path({ name, path }: { name: string; path: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {path}{' '}
        <CopyButton
          label={`Copy the path of the ${name === 'report' ? 'report' : 'repaired file'}`}
          text={path}
        />
      </dd>
    </div>
  );
}

function Side({
  title,
  diagnosis,
  behaviour,
}: {
  title: string;
  diagnosis: RepairReport['before'];
  behaviour?: NonNullable<RepairReport['behaviour']>;
}) {
  const checks =
    behaviour === undefined
      ? diagnosis.checks
      : [...diagnosis.checks.filter(({ area }) => area !== 'behaviour'), behaviour.check];
  const findings = [...diagnosis.findings, ...(behaviour?.findings ?? [])];
  const verdict = verdictWords[worstSeverity(findings) ?? 'healthy'];
  return (
    <section aria-label={title} className={css.beforeAfterSide}>
      <h4>
        {title} <Chip tone={verdict.tone}>{verdict.word}</Chip>
        <span className={css.muted}>{countText(findings)}</span>
      </h4>
      <Checklist checks={inOrder(checks)} findings={findings} sight={undefined} />
    </section>
  );
}
