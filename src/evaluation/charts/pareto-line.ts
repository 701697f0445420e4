// The line through the points that no smaller one equals: what is worth its bytes.

export interface ParetoPoint {
  readonly x: number;
  readonly y: number;
}

/**
 * The points on the line, from small to large: each is better than all that are smaller or as small. `lessIsBetter` says in
 * which direction y is better.
 */
export function paretoLine<Point extends ParetoPoint>(
  points: readonly Point[],
  lessIsBetter: boolean,
): Point[] {
  const sign = lessIsBetter ? 1 : -1;
  const sorted = [...points].sort((a, b) => a.x - b.x || sign * (a.y - b.y));
  let best = Infinity;
  return sorted.filter(({ y }) => {
    if (sign * y >= best) return false;
    best = sign * y;
    return true;
  });
}
