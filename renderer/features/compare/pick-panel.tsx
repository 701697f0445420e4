// What to use for what, as the ranking has it, with the reason; and what else it remarks.
import type { Ranking } from '#src/contract/quality/ranking.ts';
import type { Run } from '#src/contract/quality/run.ts';
import { levelColor } from '#renderer/theme/level-color.ts';
import { markSubject, useCompare } from './compare-store.ts';
import css from './compare.module.css';

const purposeWords: Readonly<Record<string, string>> = {
  production: 'Production',
  'quality-critical': 'Quality-critical',
  mobile: 'Mobile',
  development: 'Development',
};

export function PickPanel({ run, ranking }: { run: Run; ranking: Ranking | undefined }) {
  const marked = useCompare(({ subject }) => subject);
  const picks = ranking?.recommendations ?? [];
  const remarks = [...(ranking?.remarks ?? []), ...run.notices];
  return (
    <section className={css.card} aria-label="Pick">
      <header className={css.cardHead}>
        <h2>Pick</h2>
      </header>
      {picks.length === 0 && (
        <p className={css.muted}>Nothing can be recommended: no file of this run was measured.</p>
      )}
      <ul className={css.picks}>
        {picks.map(({ purpose, subject: id, reason }) => {
          const subject = run.subjects.find((each) => each.id === id);
          return (
            <li
              key={purpose}
              style={{
                borderColor: subject === undefined ? undefined : levelColor(subject.level ?? ''),
              }}
            >
              <h3>
                {purposeWords[purpose] ?? purpose.replace(/^f/, 'F')}
                {subject !== undefined && (
                  <button
                    type="button"
                    className={css.pick}
                    aria-pressed={marked === subject.id}
                    title="Mark it in the charts"
                    onClick={() => markSubject(subject.id)}
                  >
                    <i aria-hidden="true" style={{ background: levelColor(subject.level ?? '') }} />
                    {subject.label}
                  </button>
                )}
              </h3>
              <p>{reason}</p>
            </li>
          );
        })}
      </ul>
      {remarks.length > 0 && (
        <details className={css.remarks} open={remarks.length <= 3}>
          <summary>
            {remarks.length} {remarks.length === 1 ? 'remark' : 'remarks'}
          </summary>
          <ul>
            {remarks.map((remark) => (
              <li key={remark}>{remark}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
