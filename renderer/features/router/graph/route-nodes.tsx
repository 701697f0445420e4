// The left column: a route with its threshold and how many examples it has, and what takes everything else. Prompts of the
// matrix can be dropped on both.
import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import { memo, useState, type DragEvent } from 'react';
import { formatCount } from '#src/text/format-number.ts';
import { classNames } from '#renderer/ui/class-names.ts';
import { thresholdText } from '../logic/decision-words.ts';
import { movePrompt } from '../state/router-edits.ts';
import { draggedPrompt, promptType } from './dragged-prompt.ts';
import type { NoneData, RouteData } from './graph-elements.ts';
import css from './graph.module.css';

export const RouteNode = memo(function RouteNode({
  data,
  selected,
}: NodeProps<Node<RouteData, 'route'>>) {
  const { route, name, lit, problem } = data;
  const drop = usePromptDrop(route.id);
  const count = route.examples.length;
  return (
    <div
      className={classNames(
        css.route,
        lit && css.lit,
        selected && css.selected,
        drop.over && css.over,
      )}
      title={problem ?? route.id}
      data-problem={problem !== undefined || undefined}
      {...drop.props}
    >
      <strong className={css.name}>{name}</strong>
      <span className={`num ${css.threshold ?? ''}`} data-default={route.threshold === undefined}>
        ≥ {thresholdText(route.threshold ?? 0.5)}
      </span>
      <span className={css.about}>
        {route.domain} · {count === 1 ? '1 example' : `${formatCount(count)} examples`}
        {problem !== undefined && <span className={css.problem}> · problem</span>}
      </span>
      <Handle type="source" id="out" position={Position.Right} className={css.port} />
    </div>
  );
});

export const NoneNode = memo(function NoneNode({
  data,
  selected,
}: NodeProps<Node<NoneData, 'none'>>) {
  const drop = usePromptDrop(null);
  return (
    <div
      className={classNames(
        css.route,
        css.none,
        data.lit && css.lit,
        selected && css.selected,
        drop.over && css.over,
      )}
      {...drop.props}
    >
      <strong className={css.name}>none of these</strong>
      <span className={css.about}>
        fallback
        {data.examples > 0 && ` · ${formatCount(data.examples)} examples`}
      </span>
      <Handle type="source" id="out" position={Position.Right} className={css.port} />
    </div>
  );
});

/** Takes a prompt that is dragged out of the matrix's list. */
function usePromptDrop(route: string | null) {
  const [over, setOver] = useState(false);
  return {
    over,
    props: {
      onDragOver(event: DragEvent) {
        if (!event.dataTransfer.types.includes(promptType)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'move';
        setOver(true);
      },
      onDragLeave: () => setOver(false),
      onDrop(event: DragEvent) {
        setOver(false);
        const text = draggedPrompt(event.dataTransfer);
        if (text === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        movePrompt(text, route);
      },
    },
  };
}
