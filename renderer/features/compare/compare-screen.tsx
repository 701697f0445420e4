// Compare: what each size costs, measured. Runs of the open workspace, one at a time, with a second one beside it when asked.
import { Blend, ChartScatter, Plus } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { goTo, takeHandover, useNavigation } from '#renderer/stores/navigation-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { ScreenHeader } from '#renderer/ui/screen-header.tsx';
import { Skeleton } from '#renderer/ui/skeleton.tsx';
import { AddRunDialog } from './add-run/add-run-dialog.tsx';
import { followRuns, loadRuns, openRun, useCompare, type OpenedRun } from './compare-store.ts';
import css from './compare.module.css';
import { ConditionsPanel } from './conditions-panel.tsx';
import { DomainMap } from './domain-map.tsx';
import { DriftCard } from './drift-card.tsx';
import { fileName } from './export-chart.ts';
import { FitHybridDialog } from './hybrid/fit-hybrid-dialog.tsx';
import { HybridCard } from './hybrid/hybrid-card.tsx';
import { MatrixCard } from './matrix-card.tsx';
import { PickPanel } from './pick-panel.tsx';
import { PlaneCard } from './plane-card.tsx';
import { removeRun, ReportMenu } from './report-menu.tsx';
import { RunChooser } from './run-chooser.tsx';
import { rowsOf } from './run-rows.ts';
import { RunsCard } from './runs-card.tsx';
import { SubjectTable } from './subject-table.tsx';
import { TasksCard } from './tasks-card.tsx';
import { TensorsCard } from './tensors-card.tsx';

export function CompareScreen() {
  const { runs, listError, chosen, opened, openError } = useCompare();
  const handover = useNavigation((store) => store.handover);
  /** Files that a new run begins with; undefined while its dialog is closed. */
  const [adding, setAdding] = useState<readonly string[] | undefined>();
  const add = () => setAdding([]);
  const [fitting, setFitting] = useState(false);
  const fit = () => setFitting(true);
  useEffect(followRuns, []);
  useEffect(() => {
    const taken = takeHandover('compare');
    if (taken === undefined) return;
    if ('run' in taken) void openRun(taken.run);
    else setAdding(taken.files.map(({ id }) => id));
  }, [handover]);
  const current = runs?.find(({ id }) => id === chosen);
  return (
    <>
      <ScreenHeader
        crumb={current === undefined ? 'Compare' : `Compare · ${current.title}`}
        actions={
          <>
            {opened !== undefined && <ReportMenu id={opened.run.id} title={opened.run.title} />}
            {runs !== undefined && runs.length > 0 && (
              <Button icon={<Blend aria-hidden="true" />} onClick={fit}>
                Fit a hybrid…
              </Button>
            )}
            <Button
              {...(runs?.length === 0 ? {} : { variant: 'primary' as const })}
              icon={<Plus aria-hidden="true" />}
              onClick={add}
            >
              Add run
            </Button>
          </>
        }
      />
      {adding !== undefined && (
        <AddRunDialog key={adding.join()} files={adding} onClose={() => setAdding(undefined)} />
      )}
      {fitting && <FitHybridDialog onClose={() => setFitting(false)} />}
      {runs === undefined ? (
        listError === undefined ? (
          <Skeleton label="Reading the runs" />
        ) : (
          <div className={css.screen}>
            <ErrorNotice
              error={listError}
              action={<Button onClick={() => void loadRuns()}>Read again</Button>}
            />
          </div>
        )
      ) : runs.length === 0 ? (
        <NoRuns onAdd={add} onFit={fit} />
      ) : (
        <div className={css.screen}>
          <div className={css.content}>
            <RunChooser runs={runs} />
            {openError !== undefined && chosen !== undefined && (
              <ErrorNotice
                error={openError}
                action={
                  <>
                    <Button onClick={() => void openRun(chosen)}>Read again</Button>
                    <Button variant="danger" onClick={() => void removeRun(chosen, current?.title)}>
                      Remove from the list
                    </Button>
                  </>
                }
              />
            )}
            {opened === undefined && openError === undefined && (
              <Skeleton label="Reading the run" />
            )}
            {opened !== undefined && <OpenRun opened={opened} />}
          </div>
        </div>
      )}
    </>
  );
}

function OpenRun({ opened }: { opened: OpenedRun }) {
  const { run, ranking } = opened;
  const text = useCompare((store) => store.text);
  const other = useCompare((store) => store.other);
  const otherError = useCompare((store) => store.otherError);
  const rows = useMemo(() => rowsOf(run, text, ranking), [run, text, ranking]);
  const shownTexts = run.texts.filter(({ id }) => text === undefined || id === text);
  const textName =
    shownTexts.length === 1 ? (shownTexts[0]?.title ?? '') : `${shownTexts.length} texts`;
  const scoredTokens = shownTexts.reduce((sum, each) => sum + each.scoredTokens, 0);
  const name = fileName(run.title);
  const ofAllTexts = useMemo(() => rowsOf(run, undefined, ranking), [run, ranking]);
  const tensors = run.tensors.length > 0 && <TensorsCard run={run} fileName={`${name}-tensors`} />;
  return (
    <>
      {otherError !== undefined && <ErrorNotice error={otherError} />}
      {other !== undefined && <RunsCard first={opened} second={other} />}
      {run.allocation !== undefined && (
        <>
          <HybridCard run={run} allocation={run.allocation} rows={ofAllTexts} />
          {tensors}
        </>
      )}
      <div className={css.top}>
        <div className={css.column}>
          <PlaneCard
            rows={rows}
            ranking={ranking}
            textName={textName}
            scoredTokens={scoredTokens}
            fileName={`${name}-size-quality`}
          />
          <SubjectTable
            rows={rows}
            fileName={`${name}-figures`}
            about={<span className={css.muted}>{textName}</span>}
          />
        </div>
        <div className={`${css.column ?? ''} ${css.panels ?? ''}`}>
          <PickPanel run={run} ranking={ranking} />
          <ConditionsPanel run={run} />
        </div>
      </div>
      {run.matrix.length > 0 && <MatrixCard run={run} fileName={`${name}-adapters`} />}
      <DomainMap run={run} fileName={`${name}-domains`} />
      {run.tasks.length > 0 && <TasksCard run={run} fileName={`${name}-tasks`} />}
      <DriftCard key={run.id} run={run} />
      {run.allocation === undefined && tensors}
    </>
  );
}

function NoRuns({ onAdd, onFit }: { onAdd: () => void; onFit: () => void }) {
  return (
    <EmptyState
      icon={<ChartScatter aria-hidden="true" />}
      title="Nothing is measured yet"
      text={
        <>
          <p>
            Measure built files against the unquantized model they came from: how far each size is
            from it, how fast it is, and which one to use for what.
          </p>
          <p>
            Choose the model and its files with Add run, or type “gguf-studio eval” in the command
            line; every run of this workspace appears here.
          </p>
          <p>
            Or let a hybrid be fitted: a type for every tensor under a budget, proven against the
            level of the same size.
          </p>
        </>
      }
      actions={
        <>
          <Button variant="primary" icon={<Plus aria-hidden="true" />} onClick={onAdd}>
            Add run
          </Button>
          <Button icon={<Blend aria-hidden="true" />} onClick={onFit}>
            Fit a hybrid…
          </Button>
          <Button onClick={() => goTo('workflow')}>Build levels first</Button>
        </>
      }
    />
  );
}
