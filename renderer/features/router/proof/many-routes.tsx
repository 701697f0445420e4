// What a matrix of many routes is read by: its mistakes as a list, and the matrix in a window of its own.
import { useState } from 'react';
import type { RoutingEvaluation } from '#src/contract/routing/evaluation.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Dialog } from '#renderer/ui/dialog.tsx';
import { routeAt, smallFrom, worstCells } from '../logic/matrix-data.ts';
import { routeNames } from '../logic/route-names.ts';
import { useRouter } from '../state/router-store.ts';
import { ConfusionMatrix } from './confusion-matrix.tsx';
import css from './proof.module.css';

const shownMistakes = 8;

export function ManyRoutes({ evaluation }: { evaluation: RoutingEvaluation }) {
  const chosen = useRouter((store) => store.cell);
  const [enlarged, setEnlarged] = useState(false);
  const [all, setAll] = useState(false);
  if (evaluation.routes.length <= smallFrom) return null;
  const names = routeNames(evaluation.routes);
  const nameAt = (index: number) => {
    const route = routeAt(evaluation, index);
    return route === null ? 'none of these' : (names.get(route) ?? route);
  };
  const worst = worstCells(evaluation);
  const close = () => setEnlarged(false);
  return (
    <>
      {worst.length > 0 && (
        <ul className={css.mistakes} aria-label="Most mistaken">
          {(all ? worst.slice(0, 200) : worst.slice(0, shownMistakes)).map(
            ({ row, column, count }) => {
              const isChosen = chosen?.row === row && chosen.column === column;
              return (
                <li key={`${row} ${column}`}>
                  <button
                    type="button"
                    aria-pressed={isChosen}
                    onClick={() =>
                      useRouter.setState({ cell: isChosen ? undefined : { row, column } })
                    }
                  >
                    <span>
                      {nameAt(row)} → {nameAt(column)}
                    </span>
                    <span className="num">{count}</span>
                  </button>
                </li>
              );
            },
          )}
        </ul>
      )}
      <div className={css.training}>
        {worst.length > shownMistakes && (
          <Button variant="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'Show the most frequent' : `All ${worst.length} kinds of mistakes`}
          </Button>
        )}
        <Button onClick={() => setEnlarged(true)}>Enlarge the matrix</Button>
      </div>
      {enlarged && (
        <Dialog
          open
          onClose={close}
          title="Confusion matrix"
          description="Rows: the route that a prompt belongs to. Columns: the route that took it. A cell that is clicked is listed in the panel."
          width={Math.max(640, Math.min(1800, window.innerWidth - 96))}
          actions={<Button onClick={close}>Close</Button>}
        >
          <ConfusionMatrix evaluation={evaluation} large />
        </Dialog>
      )}
    </>
  );
}
