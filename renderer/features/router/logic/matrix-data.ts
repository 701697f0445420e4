// The confusion matrix as the screen shows it: its cells, the prompts behind each, and the way around in it by keyboard.
import type { JudgedPrompt, RoutingEvaluation } from '#src/contract/routing/evaluation.ts';

/** Row and column; the last of either is "none of these". */
export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** The route of a row or column; null for the last one. */
export function routeAt(evaluation: RoutingEvaluation, index: number): string | null {
  return evaluation.routes[index] ?? null;
}

export function countAt({ confusion }: RoutingEvaluation, { row, column }: Cell): number {
  return confusion[row]?.[column] ?? 0;
}

export function promptsAt(evaluation: RoutingEvaluation, { row, column }: Cell): JudgedPrompt[] {
  const expected = routeAt(evaluation, row);
  const decided = routeAt(evaluation, column);
  return evaluation.prompts.filter(
    (prompt) => prompt.expected === expected && prompt.decided === decided,
  );
}

/** How full a cell is: its share of its row, 0 to 1. */
export function shareAt({ confusion }: RoutingEvaluation, { row, column }: Cell): number {
  const counts = confusion[row] ?? [];
  const total = counts.reduce((sum, count) => sum + count, 0);
  return total === 0 ? 0 : (counts[column] ?? 0) / total;
}

/** Prompts of routes and of no route: `64 + 40`. */
export function promptCounts({ prompts }: RoutingEvaluation): { routed: number; none: number } {
  const none = prompts.filter(({ expected }) => expected === null).length;
  return { routed: prompts.length - none, none };
}

/** The nearest cell in a direction that holds prompts; the same cell where there is none. */
export function nextCell(
  evaluation: RoutingEvaluation,
  { row, column }: Cell,
  direction: 'left' | 'right' | 'up' | 'down',
): Cell {
  const size = evaluation.confusion.length;
  const step = direction === 'left' || direction === 'up' ? -1 : 1;
  const sideways = direction === 'left' || direction === 'right';
  for (let at = (sideways ? column : row) + step; at >= 0 && at < size; at += step) {
    const straight = sideways ? { row, column: at } : { row: at, column };
    if (countAt(evaluation, straight) > 0) return straight;
  }
  if (sideways) return { row, column };
  // Without a cell in the column, the next row in that direction has one: its nearest column.
  for (let at = row + step; at >= 0 && at < size; at += step) {
    for (let off = 1; off < size; off++) {
      for (const side of [column - off, column + off]) {
        const aside = { row: at, column: side };
        if (countAt(evaluation, aside) > 0) return aside;
      }
    }
  }
  return { row, column };
}

/** The first cell with prompts, to begin with. */
export function firstCell(evaluation: RoutingEvaluation): Cell | undefined {
  for (const [row, counts] of evaluation.confusion.entries()) {
    const column = counts.findIndex((count) => count > 0);
    if (column >= 0) return { row, column };
  }
  return undefined;
}

/** With more routes than this the matrix is drawn small: its figures are in the titles and in the list of mistakes. */
export const smallFrom = 16;

/** Wrong cells, the fullest first. */
export function worstCells(evaluation: RoutingEvaluation): (Cell & { readonly count: number })[] {
  return evaluation.confusion
    .flatMap((counts, row) =>
      counts.flatMap((count, column) =>
        count > 0 && row !== column ? [{ row, column, count }] : [],
      ),
    )
    .sort((left, right) => right.count - left.count);
}
