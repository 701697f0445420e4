import { describe, expect, it } from 'vitest';
import { placeLabels, type Box } from '#src/evaluation/charts/label-places.ts';

const bounds = { x: 0, y: 0, width: 400, height: 300 };
const height = 14;

function boxes(points: { x: number; y: number }[], keepFree: Box[] = []): (Box | undefined)[] {
  const labelled = points.map((point) => ({ ...point, radius: 6, width: 40 }));
  return placeLabels(labelled, bounds, height, keepFree).map(
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
});
