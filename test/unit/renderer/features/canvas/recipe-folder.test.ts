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
const model = file('/studio/models/base', 'models/base');

test.each([
  ['a new recipe', undefined, 'models/base'],
  ["a recipe in the workspace's folder", '/studio/a.recipe.json', 'models/base'],
  ['a recipe in a subfolder', '/studio/recipes/a.recipe.json', '/studio/models/base'],
  ['a recipe above the file', '/studio/models/a.recipe.json', 'base'],
  ['a recipe elsewhere', '/home/me/a.recipe.json', '/studio/models/base'],
  ['a recipe whose folder only begins alike', '/studio/mod/a.recipe.json', '/studio/models/base'],
])('a file added to %s is found from where the recipe stands', (_, place, written) => {
  const path = pathInRecipe(model, recipeAt(place), '/studio');
  expect(path).toBe(written);
  const folder = place?.replace(/[^/]*$/, '') ?? '/studio/';
  expect(new URL(path, `file://${folder}`).pathname).toBe(model.path);
});

test('Windows paths are told apart by their own separators', () => {
  const base = file('C:\\studio\\models\\base', 'models/base');
  expect(pathInRecipe(base, recipeAt('C:\\studio\\recipes\\a.recipe.json'), 'C:\\studio')).toBe(
    base.path,
  );
  expect(pathInRecipe(base, recipeAt('C:\\studio\\a.recipe.json'), 'C:\\studio')).toBe(
    'models/base',
  );
  expect(pathInRecipe(base, recipeAt('C:\\a.recipe.json'), 'D:\\other')).toBe('studio/models/base');
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
  const moved = withAbsolutePaths(document, '/studio/recipes');
  expect(moved.recipe.nodes.map((node) => ('path' in node ? node.path : 'folder' in node && node.folder))).toEqual([
    '/studio/recipes/base', '/adapters/a', '/elsewhere/a', '/studio/recipes/out',
  ]); // prettier-ignore
});

test('a family that moves to another folder keeps its companions and its routing set', () => {
  const companions = [
    { role: 'tts' as const, path: 'voice.gguf', id: 'voice' },
    { role: 'vocoder' as const, path: '/elsewhere/vocoder.gguf' },
  ];
  const family = { id: 'f', kind: 'family' as const, name: 'f', routing: '../routing/set.json' };
  const document = addNodes(newRecipeDocument(emptyRecipe, 'moved'), {
    nodes: [{ ...family, companions }],
    edges: [],
  });
  expect(withAbsolutePaths(document, '/studio/recipes').recipe.nodes[0]).toMatchObject({
    routing: '/studio/routing/set.json',
    companions: [
      { role: 'tts', path: '/studio/recipes/voice.gguf', id: 'voice' },
      { role: 'vocoder', path: '/elsewhere/vocoder.gguf' },
    ],
  });
});
