// A node on the canvas: kind, title, state chip, facts, progress, ports. Drawn again only when something of its own changed.
import { useConnection, type ConnectionState, type NodeProps } from '@xyflow/react';
import { memo } from 'react';
import { nodePorts } from '#src/recipe/node-ports.ts';
import type { RecipeNode } from '#src/recipe/recipe-schema.ts';
import { whyNotConnect } from '#src/recipe/edit-nodes.ts';
import { formatClock } from '#src/text/format-clock.ts';
import { Chip } from '#renderer/ui/chip.tsx';
import { classNames } from '#renderer/ui/class-names.ts';
import { activeRecipe } from './canvas-store.ts';
import type { CanvasNode } from './flow-nodes.ts';
import { nodeWidth } from './layout.ts';
import { AdapterRows, FactRows, LevelRows, MergeRows } from './node-body.tsx';
import { MeasuredRows } from './measured-rows.tsx';
import { InputPortView, OutputPort } from './node-port.tsx';
import { useNodeState } from './node-state.ts';
import { compactFacts, factsOf, kindNames, titleOf } from './node-text.ts';
import css from './node-view.module.css';
import { shareOf } from './run-view.ts';

export const NodeView = memo(DrawnNode, isDrawnAlike);

function DrawnNode({ id, data, selected }: NodeProps<CanvasNode>) {
  const { node } = data;
  const state = useNodeState(node);
  const fit = useConnection((connection) => fitOf(connection, id));
  const ports = nodePorts[node.kind];
  const share = state.run === undefined ? undefined : shareOf(state.run);
  const facts = compactFacts(node.kind, state.planned?.facts ?? factsOf(node));
  return (
    <div
      className={classNames(
        css.node,
        selected && css.selected,
        state.running && css.running,
        fit === 'fits' && css.fits,
        fit === 'refused' && css.refused,
      )}
      style={{ width: nodeWidth(node.kind) }}
      data-node=""
    >
      <header className={css.header}>
        <span className={classNames('label', css.kind)}>{kindNames[node.kind]}</span>
        <Chip tone={state.tone} title={problemText(state.problem)}>
          {state.word}
        </Chip>
        <strong className={css.title} title={titleOf(node)}>
          {titleOf(node)}
        </strong>
      </header>
      <div className={css.body} data-node-body="" data-stale={state.stale || undefined}>
        {node.kind === 'quantize' ? (
          <LevelRows node={node} run={state.run} />
        ) : (
          <FactRows facts={facts} without={shownOtherwise(node)} />
        )}
        {node.kind === 'adapter' && <AdapterRows node={node} />}
        {node.kind === 'merge' && <MergeRows node={node} />}
        {node.kind === 'evaluate' && <MeasuredRows measured={state.measured} />}
        {state.run?.secondsLeft !== undefined && state.run.state === 'running' && (
          <div className={css.row}>
            <span>left</span>
            <span className="num">{formatClock(state.run.secondsLeft)}</span>
          </div>
        )}
        {state.changedSince && <p className={css.changed}>changed since this run began</p>}
      </div>
      {state.running && (
        <div className={css.progress} aria-hidden="true">
          <b
            className={share === undefined ? css.unknown : undefined}
            style={{ width: `${((share ?? 0.3) * 100).toFixed(1)}%` }}
          />
        </div>
      )}
      {ports.inputs.map((port, index) => (
        <InputPortView key={port.name} port={port} top={72 + index * 22} />
      ))}
      {ports.output !== undefined && <OutputPort type={ports.output} />}
    </div>
  );
}

/** React Flow also tells the place, with every frame of a drag; the view around this one stands there already. */
function isDrawnAlike(before: NodeProps<CanvasNode>, next: NodeProps<CanvasNode>): boolean {
  return before.id === next.id && before.data === next.data && before.selected === next.selected;
}

/** Facts that the view has rows of its own for. */
const ownRows: Partial<Record<RecipeNode['kind'], readonly string[]>> = {
  adapter: ['scale'],
  merge: ['method', 'density'],
};

/** An evaluate step without a name of its own has its suites as the title. */
function shownOtherwise(node: RecipeNode): readonly string[] {
  if (node.kind === 'evaluate' && !node.label) return ['suites'];
  return ownRows[node.kind] ?? [];
}

function problemText(problem: { message: string; hint?: string | undefined } | undefined) {
  if (problem === undefined) return undefined;
  return problem.hint === undefined ? problem.message : `${problem.message} ${problem.hint}`;
}

/** Whether a wire that is being drawn could end here. */
function fitOf(connection: ConnectionState, id: string): 'fits' | 'refused' | undefined {
  if (!connection.inProgress || connection.fromNode.id === id) return undefined;
  const document = activeRecipe();
  if (document === undefined) return undefined;
  const { nodes, edges } = document.recipe;
  const forwards = connection.fromHandle.type === 'source';
  const [from, to] = forwards ? [connection.fromNode.id, id] : [id, connection.fromNode.id];
  return whyNotConnect(nodes, edges, from, to) === undefined ? 'fits' : 'refused';
}
