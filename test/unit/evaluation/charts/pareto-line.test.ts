import { expect, it } from 'vitest';
import { paretoLine } from '#src/evaluation/charts/pareto-line.ts';

const points = [
  { x: 1, y: 9 },
  { x: 2, y: 10 },
  { x: 3, y: 4 },
  { x: 3, y: 5 },
  { x: 4, y: 4 },
  { x: 5, y: 1 },
];

it('keeps the points that nothing smaller equals, where less is better', () => {
  expect(paretoLine(points, true)).toEqual([
    { x: 1, y: 9 },
    { x: 3, y: 4 },
    { x: 5, y: 1 },
  ]);
});

it('keeps those that nothing smaller reaches, where more is better', () => {
  expect(paretoLine(points, false)).toEqual([
    { x: 1, y: 9 },
    { x: 2, y: 10 },
  ]);
});
