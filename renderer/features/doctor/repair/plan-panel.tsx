// The repair as a plan: steps to choose, what each would change before and after, what it can be trusted for, and what no
// step puts right.
import { Wrench } from 'lucide-react';
import { useMemo } from 'react';
import type { RepairPlan, RepairStep } from '#src/contract/doctor/repair.ts';
import { formatBytes, formatDuration } from '#src/text/format-number.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Checkbox } from '#renderer/ui/checkbox.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { ProgressBar } from '#renderer/ui/progress-bar.tsx';
import { VirtualTable, type TableColumn } from '#renderer/ui/virtual-table.tsx';
import { trustWords } from '../logic/doctor-words.ts';
import {
  chooseAll,
  plannedChoice,
  summariseChoice,
  toggleStep,
  type ChosenSteps,
} from '../logic/plan-choice.ts';
import css from '../doctor.module.css';
import { useDoctor, type CheckRun, type PlanState } from '../state/doctor-store.ts';
import { cancelPlan, planRepair, repairFile } from '../state/run-repair.ts';
import { StepPreview } from './step-preview.tsx';

export function PlanPanel({ run }: { run: CheckRun }) {
  const plan = useDoctor((store) => store.plan);
  if (plan === undefined) return <NoPlan run={run} />;
  if (plan.state === 'running') return <Planning plan={plan} />;
  if (plan.plan === undefined) {
    return (
      <div className={css.pad}>
        <ErrorNotice
          error={plan.error}
          action={<Button onClick={() => void planRepair()}>Plan again</Button>}
        />
      </div>
    );
  }
  return <Plan plan={plan.plan} chosen={plan.chosen} shown={plan.shown} run={run} />;
}

function NoPlan({ run }: { run: CheckRun }) {
  if (run.state === 'running') {
    return <p className={css.hint}>A repair is planned when the check has ended.</p>;
  }
  const fixable = run.findings.filter(({ fix }) => fix !== undefined).length;
  if (fixable === 0) {
    return (
      <EmptyState
        title={run.findings.length === 0 ? 'Nothing to repair' : 'No finding can be repaired here'}
        text={
          run.findings.length === 0
            ? 'The check found nothing that is wrong.'
            : 'Each finding says what can be done about it. A source or a sibling, chosen at the left, may change that.'
        }
        actions={
          run.findings.length === 0 ? undefined : (
            <Button onClick={() => void planRepair()}>Plan anyway</Button>
          )
        }
      />
    );
  }
  return (
    <EmptyState
      icon={<Wrench aria-hidden="true" />}
      title={`${fixable} of ${run.findings.length} findings may be put right`}
      text="The plan tells for which a source was found, and shows every change before anything is written. The damaged file is never touched: a repaired one is written beside it."
      actions={
        <Button variant="primary" onClick={() => void planRepair()}>
          Plan a repair
        </Button>
      }
    />
  );
}

function Planning({ plan }: { plan: PlanState }) {
  const progress = plan.sight?.progress;
  return (
    <div className={css.working}>
      <p role="status">{plan.sight?.phase ?? 'Looking for sources and reading the file'}</p>
      <ProgressBar done={progress?.done ?? 0} total={progress?.total} label="Planning" />
      <p className={css.muted}>
        {progress?.detail ?? ''}
        {progress?.secondsLeft !== undefined && ` ${formatDuration(progress.secondsLeft)} left`}
      </p>
      <Button onClick={cancelPlan}>Cancel</Button>
    </div>
  );
}

const keyOf = ({ id }: RepairStep) => id;

function Plan({
  plan,
  chosen,
  shown,
  run,
}: {
  plan: RepairPlan;
  chosen: ChosenSteps;
  shown: string | undefined;
  run: CheckRun;
}) {
  const repair = useDoctor((store) => store.repair);
  const change = (changes: Partial<PlanState>) =>
    useDoctor.setState((store) =>
      store.plan === undefined ? {} : { plan: { ...store.plan, ...changes } },
    );
  const columns = useMemo(
    () => columnsOf(chosen, (step) => change({ chosen: toggleStep(chosen, step) })),
    [chosen],
  );
  const summary = summariseChoice(plan, chosen);
  const step = plan.steps.find(({ id }) => id === shown);
  const isBusy = repair?.state === 'running';
  return (
    <div className={css.stack}>
      <div className={css.plan}>
        <div className={css.steps}>
          <div className={css.filters}>
            <span className={css.planHead}>
              {plan.steps.length === 1 ? 'One step' : `${plan.steps.length} steps`}
            </span>
            {summary.possible > 1 && (
              <>
                <Button
                  variant="quiet"
                  aria-label="Choose all steps"
                  onClick={() => change({ chosen: chooseAll(plan, true) })}
                >
                  All
                </Button>
                <Button
                  variant="quiet"
                  aria-label="Choose no step"
                  onClick={() => change({ chosen: chooseAll(plan, false) })}
                >
                  None
                </Button>
                <Button
                  variant="quiet"
                  aria-label="Choose the proposed steps"
                  onClick={() => change({ chosen: plannedChoice(plan) })}
                >
                  Proposed
                </Button>
              </>
            )}
            <Button variant="quiet" onClick={() => void planRepair()}>
              Plan again
            </Button>
          </div>
          <div className={css.fill}>
            <VirtualTable
              label="Steps of the repair"
              columns={columns}
              rows={plan.steps}
              rowKey={keyOf}
              rowHeight={36}
              selected={shown}
              onSelect={({ id }) => change({ shown: id })}
              onActivate={(row) => change({ chosen: toggleStep(chosen, row) })}
              empty={
                <EmptyState
                  title="No step is possible"
                  text="Nothing was found that these findings could be repaired from. Choose the source, a sibling, or a folder to look in at the left."
                />
              }
            />
          </div>
        </div>
        <StepPreview step={step} plan={plan} findings={run.findings} />
      </div>
      <footer className={css.planFoot}>
        <div>
          <p>
            {summary.steps === 0
              ? 'No step is chosen.'
              : `${summary.steps === 1 ? 'One step puts' : `${summary.steps} steps put`} ${summary.settled === 1 ? 'one finding' : `${summary.settled} findings`} right${summary.open === 0 ? '' : `; ${summary.open} stay`}.`}
            {summary.readBytes > 0 && ` Reads ${formatBytes(summary.readBytes)} from sources.`}
            {summary.leastTrust !== undefined && (
              <>
                {' '}
                Least to trust:{' '}
                <Chip
                  tone={trustWords[summary.leastTrust].tone}
                  title={trustWords[summary.leastTrust].says}
                >
                  {trustWords[summary.leastTrust].word}
                </Chip>
              </>
            )}
          </p>
          <p className={css.muted} title={plan.output}>
            Writes <code>{plan.output}</code>
          </p>
        </div>
        <Button
          variant="primary"
          icon={<Wrench aria-hidden="true" />}
          disabled={summary.steps === 0}
          busy={isBusy}
          onClick={() => void repairFile()}
        >
          Repair
        </Button>
      </footer>
    </div>
  );
}

function columnsOf(
  chosen: ChosenSteps,
  onToggle: (step: RepairStep) => void,
): readonly TableColumn<RepairStep>[] {
  return [
    {
      key: 'chosen',
      header: '',
      width: '20px',
      cell: (step) => (
        <Checkbox
          label={`Take: ${step.title}`}
          checked={chosen.has(step.id)}
          disabled={step.impossible !== undefined}
          onChange={() => onToggle(step)}
        />
      ),
    },
    {
      key: 'title',
      header: 'Step',
      width: 'minmax(110px, 1fr)',
      cell: ({ title, impossible }) => (
        <span
          className={impossible === undefined ? undefined : css.muted}
          title={impossible ?? title}
        >
          {title}
          {impossible !== undefined && <small className={css.impossible}>{impossible}</small>}
        </span>
      ),
    },
    {
      key: 'trust',
      header: 'Trust',
      width: '88px',
      cell: ({ trust }) => (
        <Chip tone={trustWords[trust].tone} title={trustWords[trust].says}>
          {trustWords[trust].word}
        </Chip>
      ),
    },
    {
      key: 'reads',
      header: 'Reads',
      width: '64px',
      align: 'end',
      cell: ({ readBytes }) =>
        readBytes === undefined ? null : <span className="num">{formatBytes(readBytes)}</span>,
    },
  ];
}
