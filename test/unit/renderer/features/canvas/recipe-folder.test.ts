import { expect, test } from 'vitest';
import { emptyRecipe, newRecipeDocument } from '#src/recipe/recipe-file.ts';
import { addNodes } from '#src/recipe/edit-nodes.ts';
import { openDocument } from '#renderer/features/canvas/canvas-document.ts';
import { pathInRecipe, withAbsolutePaths } from '#renderer/features/canvas/recipe-folder.ts';

const file = (path: string, recipePath: string) => ({
  id: 'abcdefgh',
  name: path.split('/').at(-1) ?? '',
  path,
  recipePath,
});
const recipeAt = (path: string | undefined) =>
  openDocument({
    key: 'one',
    title: 'one',
    text: newRecipeDocument(emptyRecipe, 'one').text,
    file: path === undefined ? undefined : file(path, 'unused'),
  });
const model = file('/work/models/base', 'models/base');

test.each([
  ['a new recipe', undefined, 'models/base'],
  ["a recipe in the workspace's folder", '/work/a.recipe.json', 'models/base'],
  ['a recipe in a subfolder', '/work/recipes/a.recipe.json', '/work/models/base'],
  ['a recipe above the file', '/work/models/a.recipe.json', 'base'],
  ['a recipe elsewhere', '/home/me/a.recipe.json', '/work/models/base'],
  ['a recipe whose folder only begins alike', '/work/mod/a.recipe.json', '/work/models/base'],
])('a file added to %s is found from where the recipe stands', (_, place, written) => {
  const path = pathInRecipe(model, recipeAt(place), '/work');
  expect(path).toBe(written);
  const folder = place?.replace(/[^/]*$/, '') ?? '/work/';
  expect(new URL(path, `file://${folder}`).pathname).toBe(model.path);
});

test('Windows paths are told apart by their own separators', () => {
  const base = file('C:\\work\\models\\base', 'models/base');
  expect(pathInRecipe(base, recipeAt('C:\\work\\recipes\\a.recipe.json'), 'C:\\work')).toBe(
    base.path,
  );
  expect(pathInRecipe(base, recipeAt('C:\\work\\a.recipe.json'), 'C:\\work')).toBe('models/base');
  expect(pathInRecipe(base, recipeAt('C:\\a.recipe.json'), 'D:\\other')).toBe('work/models/base');
});

test('a recipe that moves to another folder keeps naming the same files', () => {
  const document = addNodes(newRecipeDocument(emptyRecipe, 'moved'), {
    nodes: [
      { id: 'near', kind: 'base', path: 'base' },
      { id: 'up', kind: 'adapter', path: '../../adapters/./a' },
      { id: 'there', kind: 'adapter', path: '/elsewhere/a' },
      { id: 'out', kind: 'family', name: 'f', folder: 'out' },
    ],
    edges: [],
  });
  const moved = withAbsolutePaths(document, '/work/recipes');
  expect(moved.recipe.nodes.map((node) => ('path' in node ? node.path : 'folder' in node && node.folder))).toEqual([
    '/work/recipes/base', '/adapters/a', '/elsewhere/a', '/work/recipes/out',
  ]); // prettier-ignore
});
