import { expect, it } from 'vitest';
import { withLevels } from '#renderer/features/canvas/level-sizes.ts';
import { parseRecipe } from '#src/recipe/recipe-file.ts';

const source = {
  version: 1,
  nodes: [
    { id: 'b', kind: 'base', path: 'base' },
    { id: 'q', kind: 'quantize', levels: ['Q8_0'] },
    { id: 'other', kind: 'quantize', levels: ['Q8_0'] },
    { id: 'p', kind: 'package', form: 'merged', domain: 'd', fileName: 'one.gguf' },
  ],
  edges: [
    { from: 'b', to: 'q' },
    { from: 'q', to: 'p' },
  ],
};

it('asks for the sizes of many levels of one step with a recipe that is valid', () => {
  const { recipe } = parseRecipe(JSON.stringify(source), 'test');
  const text = JSON.stringify(withLevels(recipe, 'q', ['Q8_0', 'Q4_K_M']));
  const { nodes, edges } = parseRecipe(text, 'variant').recipe;
  const levelsOf = (id: string) =>
    nodes.flatMap((node) => (node.id === id && node.kind === 'quantize' ? node.levels : []));
  expect(levelsOf('q')).toEqual(['Q8_0', 'Q4_K_M']);
  expect(levelsOf('other')).toEqual(['Q8_0']);
  expect(text).not.toContain('one.gguf');
  expect(edges).toEqual(recipe.edges);
});
