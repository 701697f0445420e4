// What is wrong with the manifest, above the graph: the first problem in sight, all of them on request, each with a way on.
import { CircleAlert } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#renderer/ui/button.tsx';
import { partOf } from './logic/problems.ts';
import type { FileProblem, RouterDocument } from './logic/router-document.ts';
import css from './router.module.css';
import { checkFilesAgain } from './state/router-files.ts';
import { select } from './state/router-store.ts';
import { useProblems } from './state/use-problems.ts';

export function ProblemsBar({ document }: { document: RouterDocument }) {
  const problems = useProblems(document);
  const [open, setOpen] = useState(false);
  const [first] = problems;
  if (first === undefined) return null;
  const shown = open ? problems : [first];
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return (
    <section className={css.problems} aria-label="Problems" data-severity={first.severity}>
      <CircleAlert aria-hidden="true" />
      <ul>
        {shown.slice(0, 100).map((problem) => (
          <Problem key={`${problem.at} ${problem.message}`} problem={problem} document={document} />
        ))}
      </ul>
      <div className={css.problemActions}>
        {problems.length > 1 && (
          <Button variant="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Show the first' : `All ${problems.length}`}
          </Button>
        )}
        {errors > 0 && (
          <Button variant="quiet" onClick={() => void checkFilesAgain()}>
            Look again
          </Button>
        )}
      </div>
    </section>
  );
}

function Problem({ problem, document }: { problem: FileProblem; document: RouterDocument }) {
  const { message, hint, severity, at } = problem;
  const go = wayTo(at, document);
  return (
    <li>
      <span>
        {severity === 'warning' && <span className="visually-hidden">Warning: </span>}
        {message} {hint !== undefined && <span className={css.muted}>{hint}</span>}
      </span>
      {go !== undefined && (
        <Button variant="quiet" onClick={go}>
          Show
        </Button>
      )}
    </li>
  );
}

/** Chooses what a problem is about. */
function wayTo(at: string, { manifest }: RouterDocument): (() => void) | undefined {
  if (at.startsWith('/fallback')) return () => select({ kind: 'none' });
  const [, list, index] = partOf(at)?.split('/') ?? [];
  const route = list === 'routes' ? manifest.routes[Number(index)] : undefined;
  if (route !== undefined) return () => select({ kind: 'route', id: route.id });
  const parent = list === 'parents' ? manifest.parents[Number(index)] : undefined;
  if (parent !== undefined) return () => select({ kind: 'parent', id: parent.id });
  if (list === 'companions') return () => select({ kind: 'companion', index: Number(index) });
  return undefined;
}
