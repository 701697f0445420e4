import { describe, expect, it } from 'vitest';
import { openDocument, withText } from '#renderer/features/canvas/canvas-document.ts';
import { flowEdges, flowNodes, inReadingOrder } from '#renderer/features/canvas/flow-nodes.ts';
import { placeNodes } from '#src/recipe/edit-nodes.ts';
import { bundledRecipe } from '#test/helpers/build-recipe.ts';

const text = JSON.stringify(bundledRecipe(), null, 2);
const document = openDocument({ key: 'k', title: 'test', text });

describe('a recipe on the canvas', () => {
  it('draws one moved node anew and no other', () => {
    const before = flowNodes(document, []);
    if (document.content.state !== 'recipe') throw new Error('The recipe is broken.');
    const moved = placeNodes(document.content.document, new Map([['b', { x: 0, y: 2000 }]]));
    const after = flowNodes(withText(document, moved.text, { step: 'Move' }), before);
    const same = after.filter((node) => before.includes(node)).map(({ id }) => id);
    expect(same).toHaveLength(5);
    expect(same).not.toContain('b');
    const b = (nodes: typeof after) => nodes.find(({ id }) => id === 'b');
    expect(b(after)?.position).toEqual({ x: 0, y: 2000 });
    // Its view shows no place: it gets the same data and is not drawn again.
    expect(b(after)?.data).toBe(b(before)?.data);
  });

  it('keeps the order of the page while nodes move, and puts them in reading order when asked', () => {
    const before = flowNodes(document, []);
    expect(inReadingOrder(before)).toBe(before);
    if (document.content.state !== 'recipe') throw new Error('The recipe is broken.');
    const first = before[0]?.id ?? '';
    const moved = placeNodes(document.content.document, new Map([[first, { x: 9000, y: 0 }]]));
    const after = flowNodes(withText(document, moved.text, { step: 'Move' }), before);
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(inReadingOrder(after).at(-1)?.id).toBe(first);
    expect(flowNodes(document, before)).toBe(before);
  });

  it('names nodes and wires for those who listen', () => {
    expect(flowNodes(document, []).find(({ id }) => id === 'a')?.ariaLabel).toContain('Adapter a');
    expect(flowEdges(document, new Set()).map(({ ariaLabel }) => ariaLabel)).toContain(
      'Adapter a wired to Package d parent',
    );
  });

  it('draws the wires of what runs as active', () => {
    const active = flowEdges(document, new Set(['package'])).filter(
      ({ className }) => className === 'active',
    );
    expect(active.map(({ target }) => target)).toEqual(['package', 'package', 'package']);
  });
});
