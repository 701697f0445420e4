// What stands in a node under its title: facts, level rows with their progress, an adapter's scale, a merge's method.
import { useState } from 'react';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';
import { nodeOptionOf } from '#src/recipe/node-options.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { levelColor } from '#renderer/theme/level-color.ts';
import { setFields, setMethod } from './canvas-actions.ts';
import { useCanvas } from './canvas-store.ts';
import { planOf } from './node-state.ts';
import { methodNames, titleOf, type Fact } from './node-text.ts';
import css from './node-view.module.css';
import { shareOf, type NodeRun } from './run-view.ts';

export function FactRows({
  facts,
  without = [],
}: {
  facts: readonly Fact[];
  without?: readonly string[] | undefined;
}) {
  return facts
    .filter(({ name }) => !without.includes(name))
    .map(({ name, value }) => (
      <div key={name} className={css.row}>
        <span>{name}</span>
        <span className="num" title={value}>
          {value}
        </span>
      </div>
    ));
}

/** One row per level: name, size, bits per weight, and a line of progress in the level's colour. */
export function LevelRows({ node, run }: { node: NodeOf<'quantize'>; run: NodeRun | undefined }) {
  const outputs = useCanvas((store) => planOf(store)?.outputs.get(node.id));
  return node.levels.map((level) => {
    const planned = outputs?.find((output) => output.level === level);
    const progress = run?.levels[level];
    const share = progress === undefined ? undefined : shareOf(progress);
    const done = run === undefined && planned?.state === 'current';
    const color = levelColor(level);
    return (
      <div key={level} className={css.level}>
        <div className={css.levelRow}>
          <span className={css.levelName}>
            <i aria-hidden="true" style={{ background: color }} />
            {level}
          </span>
          <span className="num">{planned === undefined ? '' : formatBytes(planned.bytes)}</span>
          <span className={`num ${css.bits ?? ''}`} title="bits per weight">
            {planned === undefined ? '' : planned.bitsPerWeight.toFixed(2)}
          </span>
        </div>
        <div
          className={css.levelBar}
          role={progress === undefined ? undefined : 'progressbar'}
          aria-label={progress === undefined ? undefined : `${level} written`}
          aria-valuemin={progress === undefined ? undefined : 0}
          aria-valuemax={progress === undefined ? undefined : 100}
          aria-valuenow={share === undefined ? undefined : Math.round(share * 100)}
        >
          <b
            style={{
              background: color,
              width: `${((done ? 1 : (share ?? 0)) * 100).toFixed(1)}%`,
            }}
          />
        </div>
      </div>
    );
  });
}

const scaleLimit = 2;

/** An adapter's weight, by dragging on the node itself. */
export function AdapterRows({ node }: { node: NodeOf<'adapter'> }) {
  return (
    <SliderRow
      name="scale"
      label={`Scale of ${titleOf(node)}`}
      value={node.scale}
      minimum={Math.min(0, node.scale)}
      maximum={Math.max(scaleLimit, node.scale)}
      step={0.05}
      onCommit={(scale) => setFields(node.id, { scale }, 'Scale')}
    />
  );
}

export function MergeRows({ node }: { node: NodeOf<'merge'> }) {
  const method = nodeOptionOf('merge', 'method');
  return (
    <>
      <div className={css.row}>
        <label htmlFor={`${node.id}-method`}>method</label>
        <select
          id={`${node.id}-method`}
          className={`nodrag num ${css.choice ?? ''}`}
          title={method?.description}
          value={node.method}
          onChange={(event) => setMethod(node.id, event.target.value as NodeOf<'merge'>['method'])}
        >
          {(['sum', 'ties', 'dare'] as const).map((name) => (
            <option key={name} value={name}>
              {methodNames[name]}
            </option>
          ))}
        </select>
      </div>
      {node.method !== 'sum' && (
        <SliderRow
          name="density"
          label="Density"
          value={node.density ?? 0.5}
          minimum={0.05}
          maximum={1}
          step={0.05}
          onCommit={(density) => setFields(node.id, { density }, 'Density')}
        />
      )}
    </>
  );
}

interface SliderRowProps {
  name: string;
  label: string;
  value: number;
  minimum: number;
  maximum: number;
  step: number;
  onCommit: (value: number) => void;
}

/** The value follows the thumb; the recipe is edited once it rests, so that dragging stays light. */
function SliderRow({ name, label, value, minimum, maximum, step, onCommit }: SliderRowProps) {
  const [dragged, setDragged] = useState<number | undefined>();
  const shown = dragged ?? value;
  const commit = () => {
    if (dragged !== undefined && dragged !== value) onCommit(dragged);
    setDragged(undefined);
  };
  return (
    <div className={css.sliderRow}>
      <div className={css.row}>
        <span>{name}</span>
        <span className="num">{shown.toFixed(2)}</span>
      </div>
      <input
        type="range"
        className={`nodrag nopan ${css.slider ?? ''}`}
        aria-label={label}
        min={minimum}
        max={maximum}
        step={step}
        value={shown}
        onChange={(event) => setDragged(Number(Number(event.target.value).toFixed(4)))}
        onPointerUp={commit}
        onKeyUp={commit}
        onBlur={commit}
      />
    </div>
  );
}
