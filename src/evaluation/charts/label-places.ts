// Where the labels of a scatter plot go: beside their point, on no other label, point or edge. Greedy over a few places per
// label, in the order of the points; a label that fits nowhere is left out and appears when its point is pointed at.

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface LabelledPoint {
  readonly x: number;
  readonly y: number;
  /** Half the size of its mark. */
  readonly radius: number;
  /** Of the text, in the same units. */
  readonly width: number;
}

export interface LabelPlace {
  /** Left end and middle of the text. */
  readonly x: number;
  readonly y: number;
}

/** Directions in order of preference: right and up first, as the mock has them. */
const directions = [
  [1, -1],
  [1, 0],
  [1, 1],
  [-1, -1],
  [-1, 0],
  [-1, 1],
  [0, -1],
  [0, 1],
] as const;

/** Places of the labels, undefined for those that have none; `keepFree` are boxes that no label may cover. */
export function placeLabels(
  points: readonly LabelledPoint[],
  bounds: Box,
  height: number,
  keepFree: readonly Box[] = [],
): (LabelPlace | undefined)[] {
  const marks = points.map(({ x, y, radius }) => ({
    x: x - radius,
    y: y - radius,
    width: 2 * radius,
    height: 2 * radius,
  }));
  const taken: Box[] = [...keepFree];
  return points.map((point, index) => {
    for (const distance of [1, 2.2]) {
      for (const direction of directions) {
        const box = boxBeside(point, direction, height, distance);
        const free =
          isInside(box, bounds) &&
          !taken.some((other) => overlap(box, other)) &&
          !marks.some((mark, other) => other !== index && overlap(box, mark));
        if (!free) continue;
        taken.push(box);
        return { x: box.x, y: box.y + box.height / 2 };
      }
    }
    return undefined;
  });
}

function boxBeside(
  { x, y, radius, width }: LabelledPoint,
  [across, down]: readonly [number, number],
  height: number,
  distance: number,
): Box {
  const gap = (radius + 5) * distance;
  const middle = y + down * (down === 0 ? 0 : across === 0 ? gap + height / 2 : gap);
  const left = across > 0 ? x + gap : across < 0 ? x - gap - width : x - width / 2;
  return { x: left, y: middle - height / 2, width, height };
}

function overlap(left: Box, right: Box): boolean {
  return (
    left.x < right.x + right.width &&
    right.x < left.x + left.width &&
    left.y < right.y + right.height &&
    right.y < left.y + left.height
  );
}

function isInside(box: Box, bounds: Box): boolean {
  return (
    box.x >= bounds.x &&
    box.y >= bounds.y &&
    box.x + box.width <= bounds.x + bounds.width &&
    box.y + box.height <= bounds.y + bounds.height
  );
}
