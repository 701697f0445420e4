// The file on the table in one line: what it is, what became of its check, and what to do next.
import { RotateCw, Square, Wrench } from 'lucide-react';
import { formatBytes } from '#src/text/format-number.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { countText, verdictWords } from '../logic/doctor-words.ts';
import { doneChecks } from '../logic/checklist.ts';
import css from '../doctor.module.css';
import { useDoctor, type CheckDepth, type CheckRun } from '../state/doctor-store.ts';
import { cancelCheck, checkFile } from '../state/run-check.ts';
import { planRepair } from '../state/run-repair.ts';

const depths: readonly { value: CheckDepth; label: string; description: string }[] = [
  {
    value: 'full',
    label: 'Everything',
    description: 'Reads all weights, loads and asks the model',
  },
  { value: 'static', label: 'Without running it', description: 'Reads all weights, loads nothing' },
  { value: 'header', label: 'Header only', description: 'Reads no weights; takes a moment' },
];

export function FileHead({ run }: { run: CheckRun }) {
  const depth = useDoctor((store) => store.depth);
  const isPlanning = useDoctor(({ panel }) => panel === 'repair' || panel === 'report');
  const isRunning = run.state === 'running';
  const { diagnosis } = run;
  const canRepair =
    !isRunning && diagnosis !== undefined && run.findings.some(({ fix }) => fix !== undefined);
  const counted = countText(run.findings);
  return (
    <header className={css.fileHead}>
      <div className={css.fileWords}>
        <h2 title={run.file.path}>{run.file.name}</h2>
        <p>
          {diagnosis === undefined ? (
            <span title={run.file.path}>{run.file.path}</span>
          ) : (
            <>
              <span>{diagnosis.title}</span>
              <span className="num">{formatBytes(diagnosis.bytes)}</span>
              {diagnosis.parts.length > 0 && <span>{diagnosis.parts.length + 1} parts</span>}
            </>
          )}
        </p>
      </div>
      <span role="status" className={css.verdict}>
        <Verdict run={run} counted={counted} />
      </span>
      <Select
        label="How deep to check"
        className={css.depth}
        value={depth}
        options={depths}
        disabled={isRunning}
        onChange={(next) => useDoctor.setState({ depth: next })}
      />
      {isRunning ? (
        <Button icon={<Square aria-hidden="true" />} onClick={cancelCheck}>
          Cancel
        </Button>
      ) : (
        <Button icon={<RotateCw aria-hidden="true" />} onClick={() => void checkFile()}>
          Check again
        </Button>
      )}
      {canRepair && !isPlanning && (
        <Button
          variant="primary"
          icon={<Wrench aria-hidden="true" />}
          onClick={() => {
            const { plan } = useDoctor.getState();
            useDoctor.setState({ panel: 'repair' });
            if (plan === undefined || plan.state === 'failed') void planRepair();
          }}
        >
          Plan a repair
        </Button>
      )}
    </header>
  );
}

function Verdict({ run, counted }: { run: CheckRun; counted: string }) {
  if (run.state === 'running') {
    return (
      <>
        <Chip tone="accent">checking</Chip>
        <span className={css.muted}>
          {doneChecks(run.checks)} of {run.checks.length}
          {counted === '' ? '' : `, ${counted}`}
        </span>
      </>
    );
  }
  if (run.state === 'failed') return <Chip tone="bad">could not be checked</Chip>;
  if (run.state === 'stopped') {
    return (
      <>
        <Chip>stopped</Chip>
        <span className={css.muted}>{counted}</span>
      </>
    );
  }
  const verdict = verdictWords[verdictOf(run)];
  return (
    <>
      <Chip tone={verdict.tone}>{verdict.word}</Chip>
      <span className={css.muted}>{counted}</span>
    </>
  );
}

/** Of everything that was found, behaviour included. */
export function verdictOf({ findings }: Pick<CheckRun, 'findings'>): keyof typeof verdictWords {
  for (const severity of ['error', 'warning', 'info'] as const) {
    if (findings.some((finding) => finding.severity === severity)) return severity;
  }
  return 'healthy';
}
