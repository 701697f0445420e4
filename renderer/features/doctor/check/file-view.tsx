// One file: head, checklist and what it is compared with at the left, map above its findings, parts, repair and report.
import { useMemo } from 'react';
import { Tabs } from '#renderer/ui/tabs.tsx';
import type { CheckState } from '#src/contract/doctor/diagnosis.ts';
import { withDamage } from '../logic/live-map.ts';
import css from '../doctor.module.css';
import { FileMap } from '../map/file-map.tsx';
import { PlanPanel } from '../repair/plan-panel.tsx';
import { ReportPanel } from '../repair/report-panel.tsx';
import {
  showFinding,
  showSegment,
  useDoctor,
  type CheckRun,
  type DoctorPanel,
} from '../state/doctor-store.ts';
import { Answers } from './answers.tsx';
import { Checklist } from './checklist.tsx';
import { CompareWith } from './compare-with.tsx';
import { FileHead } from './file-head.tsx';
import { FindingsPanel } from './findings-panel.tsx';
import { PartsTable } from './parts-table.tsx';

export function FileView({ run }: { run: CheckRun }) {
  const { panel, finding, segment, reveal, plan, repair } = useDoctor();
  const drawn = run.diagnosis ?? run.preview;
  const map = useMemo(() => {
    if (run.diagnosis !== undefined) return run.diagnosis.map;
    return run.preview === undefined ? [] : withDamage(run.preview.map, run.findings);
  }, [run.diagnosis, run.preview, run.findings]);
  const showArea = (area: CheckState['area']) => {
    useDoctor.setState({ panel: 'findings' });
    showFinding(run.findings.find((each) => each.area === area)?.id);
  };
  return (
    <div className={css.file}>
      <FileHead run={run} />
      <div className={css.columns}>
        <div className={css.side}>
          <section className={css.sideCard} aria-label="Checklist">
            <h2>Checklist</h2>
            <Checklist
              checks={run.checks}
              findings={run.findings}
              sight={run.sight}
              onArea={showArea}
            />
          </section>
          <CompareWith />
        </div>
        <div className={css.main}>
          {drawn !== undefined && map.length > 0 && (
            <FileMap
              key={run.file.id}
              map={map}
              fileBytes={drawn.bytes}
              findings={run.findings}
              selected={segment}
              finding={finding}
              reveal={reveal}
              onSelect={(index) => showSegment(index)}
              onFinding={(id) => {
                useDoctor.setState({ panel: 'findings' });
                showFinding(id);
              }}
            />
          )}
          <div className={css.panels}>
            <Tabs<DoctorPanel>
              label="About the file"
              value={panel}
              onChange={(next) => useDoctor.setState({ panel: next })}
              tabs={[
                {
                  value: 'findings',
                  label: 'Findings',
                  count: run.findings.length,
                  content: <FindingsPanel run={run} />,
                },
                {
                  value: 'parts',
                  label: 'Parts',
                  count: map.length,
                  content: <PartsTable map={map} findings={run.findings} />,
                },
                ...(run.behaviour !== undefined && run.behaviour.answers.length > 0
                  ? [
                      {
                        value: 'answers' as const,
                        label: 'Answers',
                        count: run.behaviour.answers.length,
                        content: <Answers answers={run.behaviour.answers} />,
                      },
                    ]
                  : []),
                {
                  value: 'repair',
                  label: 'Repair',
                  count: plan?.plan?.steps.length,
                  content: <PlanPanel run={run} />,
                },
                ...(repair === undefined
                  ? []
                  : [
                      {
                        value: 'report' as const,
                        label: 'Report',
                        content: <ReportPanel repair={repair} />,
                      },
                    ]),
              ]}
            />
          </div>
        </div>
      </div>
    </div>
  );
}
