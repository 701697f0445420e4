// The whole recipe: its name, what a build of it needs and writes, what is wrong with it, and its last run.
import { useMemo } from 'react';
import { formatCount } from '#src/text/format-number.ts';
import { formatPath } from '#src/recipe/json-text.ts';
import type { RecipeProblem } from '#src/recipe/recipe-problem.ts';
import { Field } from '#renderer/ui/field.tsx';
import { TextInput } from '#renderer/ui/text-input.tsx';
import { setRecipeName } from './canvas-actions.ts';
import type { CanvasDocument } from './canvas-document.ts';
import { placeOf } from './canvas-document.ts';
import { select, useCanvas } from './canvas-store.ts';
import { focusNode, reveal } from './flow-view.ts';
import { Outputs } from './inspect-outputs.tsx';
import css from './inspector.module.css';
import { planOf } from './node-state.ts';
import { PlanFacts } from './plan-facts.tsx';
import { RunSummary } from './run-actions.tsx';

interface Listed {
  readonly key: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string | undefined;
  readonly node: string | undefined;
}

export function InspectRecipe({ document }: { document: CanvasDocument }) {
  const plan = useCanvas(planOf);
  const { content } = document;
  const listed = useMemo(() => {
    if (content.state !== 'recipe') return [];
    const { nodes, edges } = content.document.recipe;
    const nodeOf = (problem: RecipeProblem) => {
      const [list, index] = problem.path;
      return list === 'nodes'
        ? nodes[Number(index)]?.id
        : list === 'edges'
          ? edges[Number(index)]?.to
          : undefined;
    };
    const wiring: Listed[] = content.problems.map((problem) => ({
      key: `${formatPath(problem.path)} ${problem.message}`,
      severity: problem.severity,
      message: problem.message,
      hint: problem.hint,
      node: nodeOf(problem),
    }));
    const known = new Set(wiring.map(({ node }) => node));
    const planned: Listed[] = (plan?.plan?.nodes ?? []).flatMap(({ node, problem }) =>
      problem === undefined || known.has(node)
        ? []
        : [
            {
              key: `plan ${node}`,
              severity: 'error',
              message: problem.message,
              hint: problem.hint,
              node,
            },
          ],
    );
    return [...wiring, ...planned];
  }, [content, plan?.plan]);
  const notices = plan?.plan?.outputs.flatMap((output) => output.notices) ?? [];
  if (content.state !== 'recipe') return null;
  const { recipe } = content.document;
  const empty = recipe.nodes.length === 0;
  return (
    <>
      <header className={css.head}>
        <span className="label">Recipe</span>
        <h2>{document.title}</h2>
        <span className={css.path} title={document.file?.path}>
          {document.file?.recipePath ?? 'not saved yet'}
        </span>
        <span className={css.text}>
          {formatCount(recipe.nodes.length)} nodes, {formatCount(recipe.edges.length)} wires
        </span>
      </header>
      <Field label="Name" hint="Shown to people; changes nothing that is built.">
        <TextInput value={recipe.name ?? ''} onChange={setRecipeName} maxLength={2000} />
      </Field>
      <RunSummary document={document} />
      {listed.length > 0 && !empty && (
        <section className={css.group}>
          <h3 className="label">Problems</h3>
          <ul className={css.problems}>
            {listed.slice(0, 100).map((problem) => (
              <li key={problem.key}>
                <ProblemButton problem={problem} document={document} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {!empty && (
        <>
          <hr className={css.line} />
          <PlanFacts />
        </>
      )}
      {notices.length > 0 && (
        <section className={css.group}>
          <h3 className="label">Good to know</h3>
          {[...new Set(notices)].slice(0, 20).map((notice) => (
            <p key={notice} className={css.text}>
              {notice}
            </p>
          ))}
        </section>
      )}
      <Outputs document={document} />
    </>
  );
}

function ProblemButton({ problem, document }: { problem: Listed; document: CanvasDocument }) {
  const { node } = problem;
  const words = (
    <>
      <p>{problem.message.charAt(0).toUpperCase() + problem.message.slice(1)}</p>
      {problem.hint !== undefined && <p>{problem.hint}</p>}
    </>
  );
  if (node === undefined) {
    return (
      <div className={css.problem} data-severity={problem.severity}>
        {words}
      </div>
    );
  }
  return (
    <button
      type="button"
      className={css.problem}
      data-severity={problem.severity}
      onClick={() => {
        const one =
          document.content.state === 'recipe' ? document.content.nodes.get(node) : undefined;
        if (one === undefined) return;
        select([node]);
        reveal(placeOf(document, one), 216, 140);
        focusNode(node);
      }}
    >
      {words}
    </button>
  );
}
