import { describe, expect, it } from 'vitest';
import { placeLabels, type Box, type Place } from '#src/evaluation/charts/label-places.ts';

const bounds = { x: 0, y: 0, width: 400, height: 300 };
const height = 14;

function boxes(
  points: readonly Place[],
  keepFree: Box[] = [],
  line: readonly Place[] = [],
): (Box | undefined)[] {
  const labelled = points.map((point) => ({ ...point, radius: 6, width: 40 }));
  return placeLabels(labelled, bounds, height, { boxes: keepFree, line }).map(
    (place) => place && { x: place.x, y: place.y - height / 2, width: 40, height },
  );
}
const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe('labels of points', () => {
  it('stand to the upper right of a point that is alone', () => {
    const [box] = boxes([{ x: 100, y: 100 }]);
    expect(box?.x).toBeGreaterThan(106);
    expect(box?.y).toBeLessThan(94);
  });

  it('never overlap each other, a point, or the edge', () => {
    const points = Array.from({ length: 60 }, (_, index) => ({
      x: 60 + ((index * 37) % 280),
      y: 40 + ((index * 53) % 220),
    }));
    const placed = boxes(points);
    const shown = placed.filter((box) => box !== undefined);
    expect(shown.length).toBeGreaterThan(10);
    shown.forEach((box, index) => {
      expect(shown.slice(index + 1).some((other) => overlap(box, other))).toBe(false);
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(bounds.width);
    });
    placed.forEach((box, own) => {
      const covered = points.some(
        ({ x, y }, index) =>
          index !== own &&
          box !== undefined &&
          overlap(box, { x: x - 6, y: y - 6, width: 12, height: 12 }),
      );
      expect(covered).toBe(false);
    });
  });

  it('go to the left of a point at the right edge, and keep off what is kept free', () => {
    const [atEdge] = boxes([{ x: 390, y: 100 }]);
    expect(atEdge && atEdge.x + 40).toBeLessThan(390);
    const free = { x: 100, y: 60, width: 200, height: 60 };
    const [kept] = boxes([{ x: 120, y: 125 }], [free]);
    expect(kept === undefined || !overlap(kept, free)).toBe(true);
  });

  it('keep off a line through their points, whichever way it turns', () => {
    // Steep, then flat, as a Pareto line falls, and where more is better, rises. Every label has somewhere else to stand.
    const falling = [
      { x: 60, y: 40 },
      { x: 90, y: 170 },
      { x: 170, y: 225 },
      { x: 340, y: 250 },
    ];
    const rising = falling.map(({ x, y }) => ({ x, y: 290 - y }));
    // Where nobody asks for it, some stand on the line.
    expect(boxes(rising).some((box) => box !== undefined && isOn(rising, box))).toBe(true);
    for (const line of [falling, rising]) {
      for (const box of boxes(line, [], line)) {
        if (box === undefined) throw new Error('A label has no place.');
        expect(isOn(line, box)).toBe(false);
      }
    }
  });

  it('stand on a line rather than nowhere', () => {
    // Up and down all over the plot: no box without a piece of it.
    const zigzag = Array.from({ length: 201 }, (_, index) => ({
      x: index * 2,
      y: index % 2 === 0 ? 0 : 300,
    }));
    const [box] = boxes([{ x: 200, y: 150 }], [], zigzag);
    expect(box && isOn(zigzag, box)).toBe(true);
  });
});

/** Walked in small steps: another way than the code's. */
function isOn(line: readonly Place[], { x, y, width, height: tall }: Box): boolean {
  return line.some((end, index) => {
    const start = line[index - 1] ?? end;
    return Array.from({ length: 401 }, (_, step) => step / 400).some((part) => {
      const atX = start.x + (end.x - start.x) * part;
      const atY = start.y + (end.y - start.y) * part;
      return atX > x && atX < x + width && atY > y && atY < y + tall;
    });
  });
}
