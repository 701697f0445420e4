// The Router screen as a researcher has it: a family built with a click, a route re-mapped by drag and by keyboard, the path
// of a prompt watched while it changes, saved, served, asked in the chat and over /v1. Real models, real engine.
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expectAccessible } from './support/accessibility.ts';
import type { RunningStudio } from './support/running-studio.ts';
import { expect, test } from './support/studio-test.ts';

test.setTimeout(240_000);

const prompt = 'My joints are swollen and they hurt in the morning';
const manifestOf = (studio: RunningStudio) =>
  join(studio.home, 'seedling', 'outputs', 'family', 'router.json');
const node = (page: Page, id: string) => page.locator(`.react-flow__node[data-id="${id}"]`);
const parentOf = (page: Page, name: string) =>
  page.locator('.react-flow__node[data-id^="parent:"]').filter({ hasText: name }).first();
const tested = (page: Page) => page.getByRole('search').getByRole('status');
const stateChip = (page: Page, word: string) =>
  page.getByRole('banner').getByText(word, { exact: true });
const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true });

/** Opens the screen and builds the Seedling family; its routes have learned the routing set then. */
async function openFamily(page: Page): Promise<void> {
  await expect(page.getByRole('grid', { name: 'Library' })).toBeVisible();
  await page.keyboard.press('Control+5');
  await expect(page.getByRole('heading', { name: 'No family to route to yet' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Build the Seedling family' }).click();
  await expect(node(page, 'route:healthcare/conditions')).toBeVisible({ timeout: 120_000 });
  await expect(stateChip(page, 'unsaved')).toBeVisible({ timeout: 30_000 });
}

/** How many routes each draft in the studio's home has. */
async function draftedRoutes({ home }: RunningStudio): Promise<number[]> {
  const folder = join(home, 'drafts');
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const texts = names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
  const drafts = await Promise.all(
    texts.map((path) => readFile(path, 'utf8').catch(() => '{"text":"{}"}')),
  );
  return drafts.map((draft) => {
    const { text } = JSON.parse(draft) as { text: string };
    const { manifest } = JSON.parse(text) as { manifest?: { routes: unknown[] } };
    return manifest?.routes.length ?? 0;
  });
}

async function centre(locator: Locator): Promise<{ x: number; y: number }> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error('It is not on the screen.');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

async function drag(page: Page, from: Locator, to: Locator): Promise<void> {
  const start = await centre(from);
  const end = await centre(to);
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2, { steps: 5 });
  await page.mouse.move(end.x, end.y, { steps: 5 });
  await page.mouse.up();
}

test('a family is built, a route re-mapped by drag, served, asked, and overruled', async ({
  studio,
  studioWindow: page,
}) => {
  await openFamily(page);

  // The path of what is typed lights up, and its reasons are listed.
  await page.keyboard.press('/');
  await page.keyboard.type(prompt);
  await expect(tested(page)).toHaveText('conditions goes to healthcare Q5_K_M with conditions');
  await expect(page.getByRole('list', { name: 'Scores' })).toContainText('conditions');
  await expect(page.getByText(/Words: .*swollen/)).toBeVisible();
  const matrix = page.getByRole('group', { name: 'Confusion matrix' });
  await expect(matrix.getByRole('button').first()).toBeVisible({ timeout: 30_000 });
  await expectAccessible(page);

  // Re-mapped by drag: the line above says the new path at once. Undo and redo take it back and forth.
  const port = node(page, 'route:healthcare/conditions').locator('.react-flow__handle-right');
  await drag(page, port, parentOf(page, 'business').getByText('finance', { exact: true }));
  const remapped = 'conditions goes to business Q4_K_M with finance';
  await expect(tested(page)).toHaveText(remapped);
  await node(page, 'route:healthcare/anatomy').focus();
  await page.keyboard.press('Control+z');
  await expect(tested(page)).toHaveText('conditions goes to healthcare Q5_K_M with conditions');
  await page.keyboard.press('Control+Shift+z');
  await expect(tested(page)).toHaveText(remapped);

  // Saved and served, then asked: the answer goes the new way.
  await page.getByRole('button', { name: 'Save and serve' }).first().click();
  await expect(stateChip(page, 'served')).toBeVisible({ timeout: 60_000 });
  const saved = JSON.parse(await readFile(manifestOf(studio), 'utf8')) as {
    routes: { id: string; adapter: string }[];
  };
  expect(saved.routes.find(({ id }) => id === 'healthcare/conditions')?.adapter).toBe(
    'business/finance',
  );
  await tab(page, 'Chat').click();
  await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt);
  await page.keyboard.press('Enter');
  const turn = page.getByRole('article');
  await expect(turn.locator('[data-path]')).toContainText(/conditions →\s*business.*finance/, {
    timeout: 60_000,
  });
  await expect(turn.getByText(/tok\/s/)).toBeVisible({ timeout: 60_000 });
  await expectAccessible(page);

  // Overruled, and kept as an example: the manifest differs from what is served until it is served again.
  await turn.getByRole('button', { name: 'Send another way…' }).click();
  await page.getByRole('menuitem', { name: /^anatomy/ }).click();
  await expect(turn.locator('[data-path]')).toContainText('overruled, was conditions', {
    timeout: 60_000,
  });
  await expect(turn.locator('[data-path]')).toContainText('anatomy');
  await turn.getByRole('button', { name: 'Make it an example of anatomy' }).click();
  await expect(stateChip(page, 'unsaved')).toBeVisible();
  await page.keyboard.press('Control+s');
  await expect(stateChip(page, 'differs from served')).toBeVisible();
  expect(await readFile(manifestOf(studio), 'utf8')).toContain(prompt);

  // The same family over /v1, with the token that the window shows.
  await tab(page, 'Server').click();
  await expect(page.getByRole('table', { name: 'Loaded parents' })).toContainText('business');
  await page.getByRole('button', { name: 'Show the token' }).click();
  const facts = page.getByRole('region', { name: 'Server' });
  const [address, token] = await facts.locator('code').allInnerTexts();
  const models = await fetch(`${address ?? ''}/models`, {
    headers: { authorization: `Bearer ${token ?? ''}` },
  });
  expect(models.status).toBe(200);
  expect(await models.text()).toContain('"auto"');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Stop serving' }).click();
  await expect(stateChip(page, 'saved')).toBeVisible();
  expect(studio.problems).toEqual([]);
});

test('prompts of the matrix are moved, everything is reached by keyboard, another program’s edits are kept', async ({
  studio,
  studioWindow: page,
}) => {
  await openFamily(page);
  await page.keyboard.press('Control+s');
  await expect(stateChip(page, 'saved')).toBeVisible();

  // A cell lists its prompts; one is moved by drag, one by menu; the figures follow.
  const matrix = page.getByRole('group', { name: 'Confusion matrix' });
  const wrong = matrix.getByRole('button', { name: /^conditions taken by none/ });
  await wrong.click();
  const list = page.getByRole('list', { name: 'conditions, taken by none of these' });
  const before = await list.getByRole('listitem').count();
  expect(before).toBeGreaterThan(1);
  const text = await list.getByRole('listitem').first().locator('button').first().innerText();
  await list.getByRole('listitem').first().dragTo(node(page, 'route:healthcare/conditions'));
  await expect(node(page, 'route:healthcare/conditions')).toContainText('46 examples');
  await expect(page.getByText('1 prompt', { exact: true })).toBeVisible({ timeout: 30_000 });
  // The router is trained anew meanwhile: a prompt that it now gets right leaves the list, with its menu.
  await expect(async () => {
    await page.keyboard.press('Escape');
    const move = page.getByRole('button', { name: /^Move “.*” to another route/ }).first();
    await move.click({ timeout: 2_000 });
    const target = page.getByRole('menuitem', { name: 'conditions', exact: true });
    await target.click({ timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  await expect(page.getByText('2 prompts', { exact: true })).toBeVisible({ timeout: 30_000 });
  await page.keyboard.press('Control+s');
  await expect(stateChip(page, 'saved')).toBeVisible();
  expect(await readFile(manifestOf(studio), 'utf8')).toContain(JSON.stringify(text));

  // By keyboard: to a route, to where it goes, to its threshold; removed and brought back.
  const route = node(page, 'route:business/finance');
  await route.focus();
  await page.keyboard.press('ArrowDown');
  await expect(node(page, 'route:business/organizations')).toBeFocused();
  await page.keyboard.press('m');
  const target = page.getByRole('combobox', { name: 'Goes to' });
  await expect(target).toBeFocused();
  await page.keyboard.press('Enter');
  await page.getByRole('option', { name: /^education \+ science/ }).click();
  await expect(target).toContainText('education + science');
  await page.getByRole('slider', { name: 'Threshold' }).focus();
  await page.keyboard.press('ArrowRight');
  await expectAccessible(page);
  await node(page, 'route:business/organizations').focus();
  await page.keyboard.press('Delete');
  await expect(node(page, 'route:business/organizations')).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(node(page, 'route:business/organizations')).toBeVisible();

  // An edge's end is taken to another parent.
  const end = page.locator(
    '.react-flow__edge[data-id="route:creative/sea_stories"] .react-flow__edgeupdater-target',
  );
  await drag(page, end, parentOf(page, 'leadership'));
  await expect(
    page.getByRole('group', { name: /^Route sea stories: .* goes to leadership with addresses/ }),
  ).toBeVisible();

  // Another program writes the file: nothing is overwritten without a word, and both ways on work.
  const path = manifestOf(studio);
  const theirs = (await readFile(path, 'utf8')).replace('"name": "family"', '"name": "theirs"');
  await writeFile(path, theirs);
  await page.keyboard.press('Control+s');
  const dialog = page.getByRole('dialog', { name: /was changed by another program/ });
  await expect(dialog).toBeVisible();
  expect(await readFile(path, 'utf8')).toBe(theirs);
  await dialog.getByRole('button', { name: 'Take the file’s version' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Router · theirs');
  await expect(stateChip(page, 'saved')).toBeVisible();

  // A parent's file is missing: said above the graph, marked on the parent, with the way to it; look again when it is back.
  const parent = parentOf(page, 'education');
  const missing = join(path, '..', 'seedling-4m-education-Q4_K_M.gguf');
  await rename(missing, `${missing}.away`);
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Look at the files again' }).click();
  const problems = page.getByRole('region', { name: 'Problems' });
  await expect(problems).toContainText('is missing: seedling-4m-education-Q4_K_M.gguf');
  await expect(parent).toContainText('problem');
  await problems.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'education' })).toBeVisible();
  await expectAccessible(page);
  await rename(`${missing}.away`, missing);
  await problems.getByRole('button', { name: 'Look again' }).click();
  await expect(problems).toHaveCount(0);

  // Both themes, with the settings of the whole router in the panel.
  await page.getByRole('button', { name: 'Router settings' }).click();
  for (const theme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    await expectAccessible(page);
  }
  expect(studio.problems).toEqual([]);
});

test('unsaved edits outlive a crash, another program’s version waits for a word, and ways to decide are compared', async ({
  studio,
  studioWindow,
}) => {
  let page = studioWindow;
  await openFamily(page);
  await page.keyboard.press('Control+s');
  await expect(stateChip(page, 'saved')).toBeVisible();

  // Edited and killed: the edits are offered again over the file that they were made on.
  await node(page, 'route:business/organizations').focus();
  await page.keyboard.press('Delete');
  await expect(stateChip(page, 'unsaved')).toBeVisible();
  await expect.poll(() => draftedRoutes(studio)).toEqual([7]);
  page = await studio.crashAndRestart();
  await expect(page.getByRole('grid', { name: 'Library' })).toBeVisible();
  await page.keyboard.press('Control+5');
  await expect(node(page, 'route:business/organizations')).toBeVisible();
  await expect(page.getByText(/^Unsaved edits of/)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Restore' }).click();
  await expect(node(page, 'route:business/organizations')).toHaveCount(0);
  await expect(stateChip(page, 'unsaved')).toBeVisible();

  // Another program writes the file meanwhile: told at once, and nothing of either version is lost.
  const path = manifestOf(studio);
  const theirs = (await readFile(path, 'utf8')).replace('"name": "family"', '"name": "theirs"');
  await writeFile(path, theirs);
  await page.getByRole('button', { name: 'Decide…' }).click();
  const dialog = page.getByRole('dialog', { name: /was changed by another program/ });
  await dialog.getByRole('button', { name: 'Take the file’s version' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Router · theirs');
  await expect(node(page, 'route:business/organizations')).toBeVisible();
  await expect(stateChip(page, 'saved')).toBeVisible();
  // Without edits it is read again by itself.
  await writeFile(path, theirs.replace('"name": "theirs"', '"name": "theirs again"'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Router · theirs again');
  await expect(page.getByRole('button', { name: 'Decide…' })).toHaveCount(0);

  // Words, embedding and both on the same prompts, by the base's own hidden states; one is taken with its thresholds.
  await page.getByRole('button', { name: 'Compare words, embedding and both' }).click();
  const ways = page.getByRole('table', { name: 'Ways to decide' });
  await expect(ways.getByRole('row', { name: /^Both .* %/ })).toBeVisible({ timeout: 120_000 });
  await expect(ways.getByRole('row', { name: /^Words .* in use/ })).toBeVisible();
  await ways.getByRole('button', { name: 'Decide by both' }).click();
  await expect(stateChip(page, 'unsaved')).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('/');
  await page.keyboard.type(prompt);
  await expect(tested(page)).toHaveText('conditions goes to healthcare Q5_K_M with conditions');
  await page.keyboard.press('Control+s');
  await expect(stateChip(page, 'saved')).toBeVisible();
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
    classifier: { kind: 'cascade' },
  });
  expect(studio.problems).toEqual([]);
});
