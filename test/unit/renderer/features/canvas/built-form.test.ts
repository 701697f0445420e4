import { expect, it } from 'vitest';
import { documentForm } from '#renderer/features/canvas/built-form.ts';
import { openDocument, withText } from '#renderer/features/canvas/canvas-document.ts';
import { placeNodes, setNodeFields } from '#src/recipe/edit-nodes.ts';
import { bundledRecipe } from '#test/helpers/build-recipe.ts';

const opened = openDocument({ key: 'k', title: 't', text: JSON.stringify(bundledRecipe()) });
const recipe = () => {
  if (opened.content.state !== 'recipe') throw new Error('The recipe is broken.');
  return opened.content.document;
};
const formWith = (text: string) => documentForm(withText(opened, text, { step: 'Edit' }));

it('a recipe has the same form until something that is built changes', () => {
  const form = documentForm(opened);
  const moved = placeNodes(recipe(), new Map([['b', { x: 640, y: 320 }]]));
  expect(moved.text).not.toBe(opened.text);
  expect(formWith(moved.text)).toBe(form);
  expect(formWith(setNodeFields(recipe(), 'b', { path: 'other' }).text)).not.toBe(form);
  const edges = bundledRecipe().edges.slice(1);
  expect(formWith(JSON.stringify({ ...bundledRecipe(), edges }))).not.toBe(form);
});

it('a recipe in another folder has another form, for its paths start there', () => {
  const at = (path: string) =>
    documentForm({ ...opened, file: { id: 'f', name: 'a', path, recipePath: path } });
  expect(at('/one/a.recipe.json')).not.toBe(at('/two/a.recipe.json'));
});
