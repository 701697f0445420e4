// Where a new node can stand without covering another one. Pure.
import type { Position } from '#src/recipe/edit-nodes.ts';
import { grid, type Size } from './layout.ts';

export interface Placed extends Position, Size {}

const gap = grid;
/** Half a node's height: fine enough to find the gap beside a node. */
const step = 3 * grid;
/** Rings of steps around the wanted place; beyond them a node may cover another. */
const rings = 60;

/** The place nearest to `wanted` that is free; a little further down costs less than to the side, as columns grow. */
export function freePlace(wanted: Position, size: Size, taken: readonly Placed[]): Position {
  let best: { place: Position; distance: number } | undefined;
  for (let ring = 0; ring <= rings; ring++) {
    // All that follows is further away.
    if (best !== undefined && ring * step > best.distance) break;
    for (const [column, row] of ringOf(ring)) {
      const place = { x: wanted.x + column * step, y: wanted.y + row * step };
      const distance = Math.hypot(column * step, row * step * (row > 0 ? 0.9 : 1));
      if (best !== undefined && distance >= best.distance) continue;
      if (isFree(place, size, taken)) best = { place, distance };
    }
  }
  return best?.place ?? wanted;
}

function isFree({ x, y }: Position, { width, height }: Size, taken: readonly Placed[]): boolean {
  return taken.every(
    (other) =>
      x >= other.x + other.width + gap ||
      other.x >= x + width + gap ||
      y >= other.y + other.height + gap ||
      other.y >= y + height + gap,
  );
}

/** Steps whose larger coordinate is `ring`. */
function* ringOf(ring: number): Generator<readonly [column: number, row: number]> {
  for (let column = -ring; column <= ring; column++) {
    const whole = Math.abs(column) === ring;
    for (let row = -ring; row <= ring; row += whole || ring === 0 ? 1 : 2 * ring) {
      yield [column, row];
    }
  }
}
