// The grid of levels of a quantize step: on or off, with the exact size that each would have.
import { useState } from 'react';
import { nodeOptionOf } from '#src/recipe/node-options.ts';
import { recipeLevels, type NodeOf, type RecipeLevel } from '#src/recipe/recipe-schema.ts';
import { levels } from '#src/tensors/levels.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { levelColor } from '#renderer/theme/level-color.ts';
import { Button } from '#renderer/ui/button.tsx';
import { setFields } from './canvas-actions.ts';
import { useCanvas } from './canvas-store.ts';
import css from './inspector.module.css';
import { needsImatrix, useLevelSizes, usualLevels } from './level-sizes.ts';
import { planOf } from './node-state.ts';

export function InspectLevels({
  node,
  hasImatrix,
}: {
  node: NodeOf<'quantize'>;
  hasImatrix: boolean;
}) {
  const [all, setAll] = useState(false);
  const option = nodeOptionOf('quantize', 'levels');
  const shown = recipeLevels.filter(
    (level) => all || usualLevels.includes(level) || node.levels.includes(level),
  );
  const sizes = useLevelSizes(node, shown);
  const planned = useCanvas((store) => planOf(store)?.outputs.get(node.id));
  const toggle = (level: RecipeLevel) => {
    const chosen = node.levels.includes(level)
      ? node.levels.filter((one) => one !== level)
      : // In the order of the ladder, whatever the order of the clicks.
        recipeLevels.filter((one) => one === level || node.levels.includes(one));
    if (chosen.length > 0) setFields(node.id, { levels: chosen }, 'Levels');
  };
  return (
    <section className={css.group}>
      <h3 className="label">{option?.label}</h3>
      <div className={css.levels} role="group" aria-label={option?.label}>
        {shown.map((level) => {
          const chosen = node.levels.includes(level);
          const known = planned?.find((one) => one.level === level) ?? sizes.get(level);
          const refused = needsImatrix(level) && !hasImatrix && !chosen;
          return (
            <button
              key={level}
              type="button"
              className={css.level}
              aria-pressed={chosen}
              disabled={refused}
              title={levelTitle(level, refused, known)}
              onClick={() => toggle(level)}
            >
              <i aria-hidden="true" style={{ background: levelColor(level) }} />
              <span>{level}</span>
              <span className="num">{known === undefined ? '' : formatBytes(known.bytes)}</span>
            </button>
          );
        })}
      </div>
      <Button variant="quiet" className={css.more} onClick={() => setAll(!all)}>
        {all ? 'Fewer levels' : 'All levels'}
      </Button>
    </section>
  );
}

function levelTitle(
  level: RecipeLevel,
  refused: boolean,
  known: { bitsPerWeight: number } | undefined,
): string {
  const summary =
    level === 'as-is' ? 'keeps the tensors of a quantized base untouched' : levels[level].summary;
  const bits =
    known === undefined ? '' : `; here ${known.bitsPerWeight.toFixed(2)} bits per weight`;
  return refused
    ? `${level} needs an importance matrix: wire one to this step.`
    : `${level}: ${summary}${bits}`;
}
