// Expected routes as rows, decided ones as columns. A cell with prompts is a button that lists them; arrows go from one to the
// next; a prompt that is dropped on a row belongs to that route from now on.
import { useState, type DragEvent, type KeyboardEvent } from 'react';
import type { RoutingEvaluation } from '#src/contract/routing/evaluation.ts';
import { draggedPrompt, promptType } from '../graph/dragged-prompt.ts';
import {
  countAt,
  firstCell,
  nextCell,
  routeAt,
  shareAt,
  smallFrom,
  type Cell,
} from '../logic/matrix-data.ts';
import { matrixLabels, routeNames } from '../logic/route-names.ts';
import { movePrompt } from '../state/router-edits.ts';
import { useRouter } from '../state/router-store.ts';
import css from './proof.module.css';

const directions = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
} as const;

/** Pixels of the panel that a small matrix may take, so that all of it is in sight. */
const smallWidth = 280;
const smallCell = (columns: number) => Math.max(4, Math.min(14, Math.floor(smallWidth / columns)));

export interface ConfusionMatrixProps {
  evaluation: RoutingEvaluation;
  /** Drawn at full size whatever the number of routes: there is room for it. */
  large?: boolean;
}

export function ConfusionMatrix({ evaluation, large = false }: ConfusionMatrixProps) {
  const chosen = useRouter((store) => store.cell);
  const [focus, setFocus] = useState<Cell | undefined>();
  const [over, setOver] = useState<number | undefined>();
  const names = routeNames(evaluation.routes);
  const full = [...evaluation.routes.map((id) => names.get(id) ?? id), 'none'];
  const labels = [...matrixLabels(full.slice(0, -1)), 'none'];
  const isSmall = !large && evaluation.routes.length > smallFrom;
  const first = firstCell(evaluation);
  const reachable = (cell: Cell | undefined) =>
    cell !== undefined && countAt(evaluation, cell) > 0 ? cell : undefined;
  const entry = reachable(focus) ?? reachable(chosen) ?? first;

  const onKeyDown = (event: KeyboardEvent<HTMLTableElement>) => {
    if (!(event.key in directions) || entry === undefined) return;
    event.preventDefault();
    const next = nextCell(evaluation, entry, directions[event.key as keyof typeof directions]);
    setFocus(next);
    event.currentTarget
      .querySelector<HTMLElement>(`[data-cell="${next.row} ${next.column}"]`)
      ?.focus();
  };
  const dropOn = (row: number) => ({
    onDragOver(event: DragEvent) {
      if (!event.dataTransfer.types.includes(promptType)) return;
      event.preventDefault();
      setOver(row);
    },
    onDragLeave: () => setOver(undefined),
    onDrop(event: DragEvent) {
      setOver(undefined);
      const text = draggedPrompt(event.dataTransfer);
      if (text === undefined) return;
      event.preventDefault();
      movePrompt(text, routeAt(evaluation, row));
    },
  });

  return (
    <div
      className={css.matrixPlace}
      data-small={isSmall || undefined}
      style={
        isSmall ? ({ '--cell': `${smallCell(full.length)}px` } as React.CSSProperties) : undefined
      }
      data-large={large || undefined}
      tabIndex={full.length > 12 ? 0 : undefined}
      role="group"
      aria-label="Confusion matrix"
    >
      <table className={css.matrix} onKeyDown={onKeyDown}>
        <caption className="visually-hidden">
          Rows: the route that a prompt belongs to. Columns: the route that took it.
        </caption>
        <thead>
          <tr>
            <td />
            {labels.map((label, column) => (
              <th key={column} scope="col" title={`took it: ${full[column] ?? ''}`}>
                {isSmall ? <span className="visually-hidden">{full[column]}</span> : label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label, row) => (
            <tr key={row} data-over={over === row || undefined} {...dropOn(row)}>
              <th scope="row" title={`belongs to: ${full[row] ?? ''}`}>
                {isSmall ? (
                  <span className="visually-hidden">{full[row]}</span>
                ) : large ? (
                  full[row]
                ) : (
                  label
                )}
              </th>
              {labels.map((_, column) => {
                const cell = { row, column };
                const count = countAt(evaluation, cell);
                if (count === 0) return <td key={column} />;
                const isChosen = chosen?.row === row && chosen.column === column;
                return (
                  <td key={column}>
                    <button
                      type="button"
                      className={row === column ? css.right : css.wrong}
                      style={{ '--share': shareAt(evaluation, cell) } as React.CSSProperties}
                      data-cell={`${row} ${column}`}
                      aria-pressed={isChosen}
                      title={
                        isSmall
                          ? `${full[row] ?? ''} taken by ${full[column] ?? ''}: ${count}`
                          : undefined
                      }
                      aria-label={`${full[row] ?? ''} taken by ${full[column] ?? ''}: ${count} ${count === 1 ? 'prompt' : 'prompts'}`}
                      tabIndex={entry?.row === row && entry.column === column ? 0 : -1}
                      onFocus={() => setFocus(cell)}
                      onClick={() => useRouter.setState({ cell: isChosen ? undefined : cell })}
                    >
                      {isSmall ? null : count}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
