import { expect, it } from 'vitest';
import { freePlace, type Placed } from '#renderer/features/canvas/free-place.ts';

const size = { width: 212, height: 112 };
const node = (x: number, y: number): Placed => ({ x, y, ...size });
const covers = (place: { x: number; y: number }, other: Placed) =>
  place.x < other.x + other.width &&
  other.x < place.x + size.width &&
  place.y < other.y + other.height &&
  other.y < place.y + size.height;

it('takes the wanted place where nothing stands', () => {
  expect(freePlace({ x: 32, y: 48 }, size, [node(400, 48)])).toEqual({ x: 32, y: 48 });
});

it('finds the nearest gap beside what stands there', () => {
  const taken = [node(0, 0), node(-240, 0), node(240, 0)];
  const place = freePlace({ x: 0, y: 16 }, size, taken);
  expect(taken.filter((other) => covers(place, other))).toEqual([]);
  expect(place.x).toBe(0);
  expect(Math.abs(place.y)).toBeLessThan(200);
});

it('never covers a node of a full canvas', () => {
  const taken = Array.from({ length: 400 }, (_, index) =>
    node((index % 20) * 230, Math.floor(index / 20) * 130),
  );
  const place = freePlace({ x: 2200, y: 1300 }, size, taken);
  expect(taken.some((other) => covers(place, other))).toBe(false);
});
