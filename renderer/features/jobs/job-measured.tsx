// What a build's evaluate steps found, with the way to each run, also of a build that a gate refused; and the run of a job
// that only measured.
import type { Job } from '#src/contract/jobs.ts';
import { handOver } from '#renderer/stores/navigation-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import css from './jobs.module.css';

export function JobMeasured({ job }: { job: Job }) {
  const steps = job.steps.flatMap(({ measured }) => measured ?? []);
  const run = job.result?.run;
  if (run !== undefined) {
    return (
      <div className={css.outputs}>
        <div className={css.outputActions}>
          <span>Measured as run {run}</span>
          <Button onClick={() => handOver({ to: 'compare', run })}>Show in Compare</Button>
        </div>
      </div>
    );
  }
  if (steps.length === 0) return null;
  return (
    <div className={css.outputs}>
      <ul aria-label="Measured">
        {steps.map(({ node, run, passed, figures }) => {
          const [worst] = figures;
          return (
            <li key={node} className={css.outputActions}>
              <span>{node}</span>
              {worst !== undefined && (
                <span className="num">
                  {worst.subject} on {worst.text}: KLD {worst.kld.value.toFixed(5)} ±{' '}
                  {worst.kld.error.toFixed(5)}
                </span>
              )}
              {passed !== undefined && (
                <Chip tone={passed ? 'ok' : 'bad'}>{passed ? 'gate passed' : 'gate failed'}</Chip>
              )}
              <Button onClick={() => handOver({ to: 'compare', run })}>Show in Compare</Button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
