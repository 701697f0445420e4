import { expect, it } from 'vitest';
import { isAnyInSight } from '#renderer/features/canvas/flow-view.ts';

it('a graph is out of sight when none of its nodes reaches into the area', () => {
  const nodes = [
    { x: 0, y: 0, width: 200, height: 100 },
    { x: 1000, y: 0, width: 200, height: 100 },
  ];
  const size = { width: 800, height: 600 };
  expect(isAnyInSight(nodes, { x: 0, y: 0, zoom: 1 }, size)).toBe(true);
  // The second node's right edge is still there.
  expect(isAnyInSight(nodes, { x: -1199, y: 0, zoom: 1 }, size)).toBe(true);
  expect(isAnyInSight(nodes, { x: -1201, y: 0, zoom: 1 }, size)).toBe(false);
  expect(isAnyInSight(nodes, { x: 800, y: 0, zoom: 1 }, size)).toBe(false);
  expect(isAnyInSight(nodes, { x: 0, y: -60, zoom: 0.5 }, size)).toBe(false);
});
