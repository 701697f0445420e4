// Options of one node, made from the same descriptors as the command line's help; its file, its state, its outputs.
import { Fragment } from 'react';
import { nodeOptions } from '#src/recipe/node-options.ts';
import { nodePorts } from '#src/recipe/node-ports.ts';
import type { NodeOf, RecipeNode } from '#src/recipe/recipe-schema.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { isSource } from './canvas-actions.ts';
import type { CanvasDocument } from './canvas-document.ts';
import { openPalette } from './canvas-store.ts';
import { ContextPresets } from './context-presets.tsx';
import { FieldControl } from './field-control.tsx';
import { InspectLevels } from './inspect-levels.tsx';
import { NodeOutputs } from './inspect-outputs.tsx';
import css from './inspector.module.css';
import { MeasuredFigures } from './measured-rows.tsx';
import { useNodeState } from './node-state.ts';
import { kindNames, portNames, titleOf } from './node-text.ts';
import { PlanFacts } from './plan-facts.tsx';
import { RunActions } from './run-actions.tsx';

export function InspectNode({ node, document }: { node: RecipeNode; document: CanvasDocument }) {
  const state = useNodeState(node);
  const edges = document.content.state === 'recipe' ? document.content.document.recipe.edges : [];
  const nodes = document.content.state === 'recipe' ? document.content.nodes : undefined;
  const inputs = edges
    .filter(({ to }) => to === node.id)
    .flatMap(({ from }) => nodes?.get(from) ?? []);
  const imatrix = inputs.find(({ kind }) => kind === 'imatrix');
  return (
    <>
      <header className={css.head}>
        <div className={css.headRow}>
          <span className="label">{kindNames[node.kind]}</span>
          <Chip tone={state.tone}>{state.word}</Chip>
        </div>
        <h2>{titleOf(node)}</h2>
      </header>
      {state.problem !== undefined && (
        <ErrorNotice
          error={state.problem}
          tone={state.tone === 'warn' ? 'warn' : 'bad'}
          action={
            state.word === 'failed' || state.word === 'interrupted' ? (
              <RunActions document={document} />
            ) : undefined
          }
        />
      )}
      {node.kind === 'evaluate' && (
        <p className={css.text}>
          A build measures what is wired here against its unquantized model. A file that fails the
          gate is kept as rejected, and the build fails; the other files stay.
        </p>
      )}
      {node.kind === 'evaluate' && state.measured !== undefined && (
        <MeasuredFigures measured={state.measured} />
      )}
      {(node.kind === 'base' || node.kind === 'adapter' || node.kind === 'imatrix') && (
        <SourceFile node={node} />
      )}
      {isSource(node.kind) && state.planned !== undefined && (
        <dl className={css.facts}>
          {state.planned.facts.map(({ name, value }) => (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd className="num">{value}</dd>
            </Fragment>
          ))}
        </dl>
      )}
      {node.kind === 'quantize' && (
        <>
          <InspectLevels node={node} hasImatrix={imatrix !== undefined} />
          <section className={css.group}>
            <h3 className="label">Importance matrix</h3>
            <p className={css.text}>
              {imatrix === undefined
                ? 'None is wired to this step. The lowest levels need one; every level gains by one.'
                : titleOf(imatrix)}
            </p>
            <Button
              className={css.more}
              onClick={() =>
                openPalette(
                  imatrix === undefined
                    ? { page: 'source', kind: 'imatrix', wire: { node: node.id, end: 'to' } }
                    : { page: 'source', kind: 'imatrix', node: imatrix.id },
                )
              }
            >
              {imatrix === undefined ? 'Add one…' : 'Choose another…'}
            </Button>
          </section>
        </>
      )}
      {nodeOptions(node.kind)
        .filter(({ field }) => belongs(node, field))
        .map((option) => (
          <div key={option.field} className={css.group}>
            <FieldControl node={node} option={option} />
            {node.kind === 'package' && option.field === 'contextWindow' && (
              <ContextPresets node={node} />
            )}
          </div>
        ))}
      <section className={css.group}>
        <h3 className="label">Wires</h3>
        {nodePorts[node.kind].inputs.map((port) => (
          <p key={port.name} className={css.text}>
            Takes {portNames[port.accepts]}: {port.needs}.
          </p>
        ))}
        <Button
          className={css.more}
          shortcut="C"
          onClick={() => openPalette({ page: 'connect', node: node.id })}
        >
          Connect to…
        </Button>
      </section>
      <NodeOutputs node={node} document={document} />
      {(node.kind === 'quantize' || node.kind === 'package') && (
        <>
          <hr className={css.line} />
          <PlanFacts />
        </>
      )}
    </>
  );
}

/** Options that mean nothing with the node's other ones are not shown. */
function belongs(node: RecipeNode, field: string): boolean {
  if (node.kind === 'merge' && field === 'density') return node.method !== 'sum';
  if (node.kind === 'merge' && field === 'seed') return node.method === 'dare';
  if (node.kind === 'package' && field === 'adapterType') return node.form === 'bundled';
  // A matrix of a file was collected already; choosing texts takes the file's place.
  if (node.kind === 'imatrix' && node.texts === undefined) return field === 'texts' || field === 'label'; // prettier-ignore
  return field !== 'levels';
}

function SourceFile({ node }: { node: NodeOf<'base' | 'adapter' | 'imatrix'> }) {
  return (
    <section className={css.group}>
      <h3 className="label">File</h3>
      {node.path === undefined ? (
        <p className={css.text}>
          The build collects the matrix from the model that is quantized, and keeps it.
        </p>
      ) : (
        <span className={css.path} title={node.path}>
          {node.path}
        </span>
      )}
      {node.sha256 !== undefined && (
        <p className={css.text}>
          Pinned to the content {node.sha256.slice(0, 12)}: a build refuses any other.
        </p>
      )}
      <Button
        className={css.more}
        onClick={() => openPalette({ page: 'source', kind: node.kind, node: node.id })}
      >
        {node.path === undefined ? 'Use a file instead…' : 'Choose another…'}
      </Button>
    </section>
  );
}
