import { expect, it } from 'vitest';
import { checkFits, useCanvasLibrary } from '#renderer/features/canvas/canvas-library.ts';
import { activate, showDocument } from '#renderer/features/canvas/canvas-store.ts';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { emptyRecipe, newRecipeDocument } from '#src/recipe/recipe-file.ts';

/** A studio that finds another base in every recipe's folder; the adapter fits the one beside `good`. */
function answering(asked: string[]) {
  const call = (method: string, params: { recipe?: string; base?: string }) => {
    asked.push(method);
    if (method === 'resolveRecipePath')
      return Promise.resolve({ id: `base of ${params.recipe ?? ''}` });
    const fits = params.base === 'base of good';
    return Promise.resolve([{ file: 'adapter', fits, reason: fits ? undefined : 'other shape' }]);
  };
  useStudio.setState({ client: { call } as never, libraryVersion: 0 });
}

function openIn(folder: string): string {
  const path = `/${folder}/a.recipe.json`;
  const { text } = newRecipeDocument(emptyRecipe, folder);
  const file = { id: folder, name: 'a.recipe.json', path, recipePath: path };
  return showDocument({ key: folder, title: folder, text, file }).key;
}

const adapterFits = () => useCanvasLibrary.getState().fits.get('adapter')?.fits;

it('answers whether adapters fit once per base, and anew for the same path in another folder', async () => {
  const asked: string[] = [];
  answering(asked);
  const good = openIn('good');
  await checkFits('model');
  expect(adapterFits()).toBe(true);
  await checkFits('model');
  expect(asked).toEqual(['resolveRecipePath', 'checkAdapters']);

  openIn('bad');
  await checkFits('model');
  expect(adapterFits()).toBe(false);

  // Of two that are under way, the later one counts.
  activate(good);
  const first = checkFits('model');
  activate('bad');
  const second = checkFits('model');
  await Promise.all([first, second]);
  expect(adapterFits()).toBe(false);
});

it('asks again when the library has changed', async () => {
  const asked: string[] = [];
  answering(asked);
  openIn('good');
  await checkFits('model');
  useStudio.setState({ libraryVersion: 1 });
  await checkFits('model');
  expect(asked.filter((method) => method === 'checkAdapters')).toHaveLength(2);
});
