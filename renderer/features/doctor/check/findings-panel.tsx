// Findings, worst first, and everything about the chosen one: evidence, cause, remedy, where it is.
import { ShieldCheck } from 'lucide-react';
import { useMemo, useState, type KeyboardEvent } from 'react';
import type { Finding, Severity } from '#src/contract/doctor/finding.ts';
import { severities } from '#src/contract/doctor/finding.ts';
import { Button } from '#renderer/ui/button.tsx';
import { FilterChip } from '#renderer/ui/chip.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { nextIndex } from '#renderer/ui/next-index.ts';
import { VirtualList } from '#renderer/ui/virtual-list.tsx';
import { areaWords, severityWords, sortFindings } from '../logic/doctor-words.ts';
import css from '../doctor.module.css';
import { showFinding, useDoctor, type CheckRun } from '../state/doctor-store.ts';
import { checkFile } from '../state/run-check.ts';
import { SeverityIcon } from './checklist.tsx';
import { FindingDetail } from './finding-detail.tsx';

const rowHeight = 44;

export function FindingsPanel({ run }: { run: CheckRun }) {
  const chosen = useDoctor((store) => store.finding);
  const [only, setOnly] = useState<Severity | undefined>();
  const sorted = useMemo(() => sortFindings(run.findings), [run.findings]);
  const rows = useMemo(
    () => (only === undefined ? sorted : sorted.filter(({ severity }) => severity === only)),
    [sorted, only],
  );
  const current = rows.findIndex(({ id }) => id === chosen);
  const finding = rows[current];
  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const next = nextIndex(event.key, current, rows.length, 8);
    if (next !== undefined) showFinding(rows[next]?.id);
    else if (event.key === 'Escape') showFinding(undefined);
    else return;
    event.preventDefault();
  }
  if (run.findings.length === 0) return <NoFindings run={run} />;
  const kinds = severities.filter((severity) => sorted.some((each) => each.severity === severity));
  return (
    <div className={css.findings}>
      <div className={css.findingList}>
        {kinds.length > 1 && (
          <div className={css.filters} role="group" aria-label="Show only">
            {[...kinds].reverse().map((severity) => (
              <FilterChip
                key={severity}
                pressed={only === severity}
                count={sorted.filter((each) => each.severity === severity).length}
                onChange={(on) => setOnly(on ? severity : undefined)}
              >
                {severityWords[severity].word}
              </FilterChip>
            ))}
          </div>
        )}
        <div className={css.fill}>
          <VirtualList
            label="Findings"
            rows={rows}
            rowKey={({ id }) => id}
            rowHeight={rowHeight}
            current={current}
            isSelected={({ id }) => id === chosen}
            onKeyDown={onKeyDown}
            onClick={({ id }) => showFinding(id)}
            row={(row) => <FindingRow finding={row} />}
          />
        </div>
      </div>
      <div className={css.findingDetail}>
        {finding === undefined ? (
          <p className={css.hint}>Choose a finding to see what it rests on and where it is.</p>
        ) : (
          <FindingDetail key={finding.id} finding={finding} />
        )}
      </div>
    </div>
  );
}

function FindingRow({ finding: { severity, message, area, code } }: { finding: Finding }) {
  return (
    <div className={css.finding}>
      <SeverityIcon severity={severity} />
      <span className="visually-hidden">{severityWords[severity].word}: </span>
      <div>
        <span title={message}>{message}</span>
        <small>
          {areaWords[area].name} <code>{code}</code>
        </small>
      </div>
    </div>
  );
}

function NoFindings({ run }: { run: CheckRun }) {
  if (run.state === 'running') {
    return <p className={css.hint}>Nothing found so far.</p>;
  }
  if (run.state === 'failed') {
    return (
      <div className={css.pad}>
        <ErrorNotice
          error={run.error}
          action={<Button onClick={() => void checkFile()}>Check again</Button>}
        />
      </div>
    );
  }
  if (run.state === 'stopped') {
    return (
      <EmptyState
        title="The check was stopped"
        text="Nothing had been found until then; what did not run is not known."
        actions={<Button onClick={() => void checkFile()}>Check again</Button>}
      />
    );
  }
  return (
    <EmptyState
      icon={<ShieldCheck aria-hidden="true" />}
      title="Nothing is wrong with it"
      text={
        run.checks.some(({ state }) => state === 'skipped')
          ? 'Every check that ran passed. The checklist says which were skipped, and why.'
          : 'All seven checks passed.'
      }
    />
  );
}
