// What one step changes, value by value, before and after; under it what the plan leaves over.
import type { RepairPlan, RepairStep } from '#src/contract/doctor/repair.ts';
import type { Finding } from '#src/contract/doctor/finding.ts';
import { formatCount } from '#src/text/format-number.ts';
import { Chip } from '#renderer/ui/chip.tsx';
import { trustWords } from '../logic/doctor-words.ts';
import css from '../doctor.module.css';
import { showFinding, useDoctor } from '../state/doctor-store.ts';

/** Changes that are drawn; a step may hold one for every token. */
const listed = 200;

export interface StepPreviewProps {
  readonly step: RepairStep | undefined;
  readonly plan: RepairPlan;
  readonly findings: readonly Finding[];
}

export function StepPreview({ step, plan, findings }: StepPreviewProps) {
  return (
    <div className={css.preview} tabIndex={0} role="region" aria-label="Preview of the changes">
      {step !== undefined && <StepChanges step={step} findings={findings} />}
      {plan.left.length > 0 && (
        <section>
          <h4 className="label">Left over</h4>
          <ul className={css.left}>
            {plan.left.map(({ finding, reason }) => (
              <li key={finding}>
                <FindingLink id={finding} findings={findings} />
                <p className={css.muted}>{reason}</p>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function StepChanges({ step, findings }: { step: RepairStep; findings: readonly Finding[] }) {
  const { title, trust, impossible, changes } = step;
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <p className={css.muted}>
        <Chip tone={trustWords[trust].tone}>{trustWords[trust].word}</Chip> {trustWords[trust].says}
      </p>
      {impossible !== undefined && <p className={css.cannot}>{impossible}</p>}
      {changes.length > 0 && (
        <table className={css.changes}>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
            </tr>
          </thead>
          <tbody>
            {changes.slice(0, listed).map(({ what, before, after }, index) => (
              <tr key={index}>
                <th scope="row">{what}</th>
                <td>{before}</td>
                <td>{after}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {changes.length > listed && (
        <p className={css.muted}>
          and {formatCount(changes.length - listed)} more of the same kind
        </p>
      )}
      {step.findings.length > 0 && (
        <ul className={css.left} aria-label="Findings that it puts right">
          {step.findings.slice(0, 20).map((id) => (
            <li key={id}>
              <FindingLink id={id} findings={findings} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function FindingLink({ id, findings }: { id: string; findings: readonly Finding[] }) {
  const finding = findings.find((each) => each.id === id);
  if (finding === undefined) return <span>{id}</span>;
  return (
    <button
      type="button"
      className={css.place}
      onClick={() => {
        useDoctor.setState({ panel: 'findings' });
        showFinding(id);
      }}
    >
      {finding.message}
    </button>
  );
}
