import { describe, expect, it } from 'vitest';
import {
  estimatedSize,
  grid,
  layOut,
  neighbour,
  readingOrder,
} from '#renderer/features/canvas/layout.ts';
import { parsedRecipe, bundledRecipe } from '#test/helpers/build-recipe.ts';

const { nodes, edges } = parsedRecipe(
  bundledRecipe().nodes,
  bundledRecipe().edges.map(({ from, to }) => `${from} -> ${to}`),
);

describe('the layout of a recipe', () => {
  const places = layOut(nodes, edges);
  const x = (id: string) => places.get(id)?.x ?? NaN;

  it('reads from left to right on the grid', () => {
    expect(x('base')).toBeLessThan(x('quantize'));
    expect(x('quantize')).toBeLessThan(x('package'));
    expect(x('package')).toBeLessThan(x('family'));
    for (const place of places.values()) {
      expect(place.x % grid).toBe(0);
      expect(place.y % grid).toBe(0);
    }
  });

  it('lets no two nodes overlap', () => {
    for (const one of nodes) {
      for (const other of nodes) {
        if (one.id >= other.id) continue;
        const [a, b] = [places.get(one.id), places.get(other.id)];
        if (a === undefined || b === undefined) throw new Error('A node has no place.');
        const apart =
          a.x + estimatedSize(one).width <= b.x ||
          b.x + estimatedSize(other).width <= a.x ||
          a.y + estimatedSize(one).height <= b.y ||
          b.y + estimatedSize(other).height <= a.y;
        expect(apart, `${one.id} and ${other.id}`).toBe(true);
      }
    }
  });

  it('puts wires that lead nowhere aside', () => {
    expect(layOut(nodes, [...edges, { from: 'gone', to: 'base' }]).size).toBe(nodes.length);
  });

  it('visits nodes column by column, each from the top', () => {
    const order = readingOrder(
      new Map([
        ['b', { x: 10, y: 200 }],
        ['c', { x: 300, y: 0 }],
        ['a', { x: 0, y: 10 }],
      ]),
    );
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('finds the neighbour straight ahead', () => {
    const around = new Map([
      ['middle', { x: 0, y: 0 }],
      ['right', { x: 300, y: 32 }],
      ['far', { x: 280, y: 400 }],
      ['below', { x: 16, y: 160 }],
    ]);
    expect(neighbour(around, 'middle', 'right')).toBe('right');
    expect(neighbour(around, 'middle', 'down')).toBe('below');
    expect(neighbour(around, 'middle', 'left')).toBeUndefined();
  });
});
