// Where the labels of a scatter plot go: beside their point, on no other label, point or edge, and on no line while there is
// another place. Greedy over some places per label, in the order of the points; a label that fits nowhere is left out and
// appears when its point is pointed at.

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

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface KeptOff {
  /** Boxes that no label may cover. */
  readonly boxes?: readonly Box[];
  /** Corners of a line that labels keep off; one that fits nowhere else stands on it, which a halo keeps readable. */
  readonly line?: readonly Place[];
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

/** How far from their point labels stand, in gaps; the farther ones have a leader drawn to them. */
const distances = [1, 2.2, 3.4] as const;

/** Between a label and a line. */
const lineRoom = 2;

/** Places of the labels, undefined for those that have none. */
export function placeLabels(
  points: readonly LabelledPoint[],
  bounds: Box,
  height: number,
  { boxes = [], line = [] }: KeptOff = {},
): (LabelPlace | undefined)[] {
  const marks = points.map(({ x, y, radius }) => ({
    x: x - radius,
    y: y - radius,
    width: 2 * radius,
    height: 2 * radius,
  }));
  const taken: Box[] = [...boxes];
  return points.map((point, index) => {
    let onLine: Box | undefined;
    const place = (box: Box): LabelPlace => {
      taken.push(box);
      return { x: box.x, y: box.y + box.height / 2 };
    };
    for (const distance of distances) {
      for (const direction of directions) {
        const box = boxBeside(point, direction, height, distance);
        const free =
          isInside(box, bounds) &&
          !taken.some((other) => overlap(box, other)) &&
          !marks.some((mark, other) => other !== index && overlap(box, mark));
        if (!free) continue;
        if (!isCrossed(box, line)) return place(box);
        onLine ??= box;
      }
    }
    return onLine === undefined ? undefined : place(onLine);
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

function isCrossed(box: Box, line: readonly Place[]): boolean {
  return line.some((end, index) => {
    const start = line[index - 1];
    return start !== undefined && crosses(start, end, box);
  });
}

/** Whether a segment touches a box, by Liang and Barsky's clipping. */
function crosses(start: Place, end: Place, { x, y, width, height }: Box): boolean {
  let from = 0;
  let to = 1;
  const sides = [
    [start.x - end.x, start.x - (x - lineRoom)],
    [end.x - start.x, x + width + lineRoom - start.x],
    [start.y - end.y, start.y - (y - lineRoom)],
    [end.y - start.y, y + height + lineRoom - start.y],
  ] as const;
  for (const [slope, room] of sides) {
    if (slope === 0) {
      if (room < 0) return false;
    } else if (slope < 0) from = Math.max(from, room / slope);
    else to = Math.min(to, room / slope);
  }
  return from <= to;
}
