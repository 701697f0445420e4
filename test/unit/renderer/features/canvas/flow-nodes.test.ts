import { describe, expect, it } from 'vitest';
import { openDocument, withText } from '#renderer/features/canvas/canvas-document.ts';
import { flowEdges, flowNodes } from '#renderer/features/canvas/flow-nodes.ts';
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
    expect(after.find(({ id }) => id === 'b')?.position).toEqual({ x: 0, y: 2000 });
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
