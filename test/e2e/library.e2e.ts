// The library and the settings as a user has them: finding a model, its details, which adapters fit and why not; a setting
// that is explained when it is wrong and kept when it is right; everything by keyboard.
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ElectronApplication, Page } from '@playwright/test';
import { expectAccessible } from './support/accessibility.ts';
import { dropFiles } from './support/drop-files.ts';
import { repositoryRoot } from './support/runtimes.ts';
import { expect, test } from './support/studio-test.ts';

const row = (page: Page, name: string | RegExp) =>
  page.getByRole('grid', { name: 'Library' }).getByRole('row').filter({ hasText: name });
const details = (page: Page, name: string) =>
  page.getByRole('complementary', { name: `Details of ${name}` });

test('a model is found by a part of its name, by keyboard alone', async ({
  studioWindow: page,
}) => {
  await expect(row(page, 'seedling-gpt2-4m').first()).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('gpt2 base');
  await expect(page.getByRole('grid', { name: 'Library' }).getByRole('row')).toHaveCount(2);
  await page.keyboard.press('ArrowDown');
  await expect(details(page, 'seedling-gpt2-4m')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(details(page, 'seedling-gpt2-4m')).toBeHidden();
});

test('kinds filter the table, and no match offers the way back', async ({ studioWindow: page }) => {
  await page.getByRole('button', { name: /^Adapters/ }).click();
  await expect(row(page, 'anatomy')).toBeVisible();
  await expect(row(page, 'seedling-4m')).toHaveCount(0);
  await page.getByRole('searchbox', { name: 'Search the library' }).fill('nothing has this name');
  await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeVisible();
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await expect(row(page, 'seedling-4m').first()).toBeVisible();
});

test('details tell facts, metadata, tensors and the rendered template', async ({
  studioWindow: page,
}) => {
  await row(page, /^seedling-4mBase/).click();
  const panel = details(page, 'seedling-4m');
  await expect(panel.getByText('4.20 M', { exact: true })).toBeVisible();
  await expectAccessible(page);
  await panel.getByRole('tab', { name: /^Tensors/ }).click();
  await panel.getByRole('searchbox', { name: 'Search the tensors' }).fill('token_embd');
  await expect(panel.getByRole('table', { name: 'Tensors' }).getByRole('row')).toHaveCount(2);
  await expectAccessible(page);
  await panel.getByRole('tab', { name: 'Chat template' }).click();
  await expect(panel.getByLabel('A sample conversation, rendered')).toContainText('<|im_start|>');
});

test('an adapter that does not fit is listed with the reason', async ({ studioWindow: page }) => {
  await row(page, /^seedling-4mBase/).click();
  const panel = details(page, 'seedling-4m');
  await panel.getByRole('tab', { name: 'Adapters' }).click();
  await expect(panel.getByRole('heading', { name: /^Fit \(8\)/ })).toBeVisible();
  await expect(panel.getByRole('heading', { name: /^Do not fit \(1\)/ })).toBeVisible();
  await expect(panel.getByText(/the base has no "transformer\.h\.0/)).toBeVisible();
  await expectAccessible(page);
});

test('a wrong setting is explained at its field, a right one outlives a restart', async ({
  studio,
}) => {
  let { page } = studio;
  await expect(row(page, 'seedling-4m').first()).toBeVisible();
  await page.keyboard.press('Control+,');
  const threads = page.getByRole('textbox', { name: 'Threads' });
  await threads.fill('0');
  await expect(
    page.getByText('0 is out of range. Type a whole number from 1 to 512.'),
  ).toBeVisible();
  await expectAccessible(page);
  await threads.fill('3');
  await page.getByRole('radio', { name: 'Light' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await expectAccessible(page);
  page = await studio.restart();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await expect(page.getByRole('textbox', { name: 'Threads' })).toHaveValue('3');
});

test('the palette goes anywhere, and the picker is used without a mouse', async ({
  studioWindow: page,
}) => {
  await expect(row(page, 'seedling-4m').first()).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('settings');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'This machine' })).toBeVisible();
  await page.keyboard.press('Control+Shift+O');
  const picker = page.getByRole('dialog', { name: 'Open a workspace' });
  await expect(picker.getByRole('option').first()).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Enter');
  await expect(picker.getByRole('option', { name: /seedling-4m/ }).first()).toBeVisible();
  await page.keyboard.press('Backspace');
  await expect(picker.getByRole('option', { name: /^seedling Workspace/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(picker).toBeHidden();
});

const seedling = join(repositoryRoot, 'assets/seedling');

/** From now on the system's dialog is answered with these paths; none closes it. */
async function answerDialogs(
  electron: ElectronApplication,
  paths: readonly string[],
): Promise<void> {
  await electron.evaluate(
    ({ dialog }, filePaths) => {
      dialog.showOpenDialog = () =>
        Promise.resolve({ canceled: filePaths.length === 0, filePaths: [...filePaths] });
    },
    [...paths],
  );
}

test('the system’s dialogs and drops on the window add what lies anywhere', async ({
  studio,
  folder,
}) => {
  const { page, electron } = studio;
  test.skip(electron === undefined, 'a browser has neither');
  if (electron === undefined) return;
  const adapters = join(folder, 'my adapters');
  await cp(join(seedling, 'adapters/science'), join(adapters, 'picked'), { recursive: true });
  await cp(join(seedling, 'adapters/finance'), join(folder, 'drop/dropped'), { recursive: true });
  const matrix = join(folder, 'loose.gguf');
  await cp(join(seedling, 'imatrix/seedling-4m.imatrix.gguf'), matrix);
  const workspace = join(folder, 'space');
  await mkdir(workspace);
  await writeFile(join(workspace, 'gguf-studio.json'), '{ "version": 1, "name": "Own space" }');
  const system = page.getByRole('button', { name: 'System dialog…' });
  await expect(row(page, 'seedling-4m').first()).toBeVisible();

  await page.getByRole('button', { name: 'Model folders' }).click();
  await page.getByRole('menuitem', { name: 'Add a model folder…' }).click();
  await answerDialogs(electron, []);
  await system.click();
  await expect(page.getByRole('dialog', { name: 'Add a model folder' })).toBeVisible();
  await answerDialogs(electron, [adapters]);
  await system.click();
  await expect(row(page, 'picked')).toBeVisible();

  await page.keyboard.press('Control+Shift+O');
  await answerDialogs(electron, [workspace]);
  await system.click();
  await expect(page.getByText('The workspace "Own space" is open.')).toBeVisible();
  await expect(row(page, 'seedling-4m')).toHaveCount(0);
  await expect(row(page, 'picked')).toBeVisible();

  await dropFiles(page, [matrix]);
  await expect(row(page, 'loose')).toBeVisible();
  await dropFiles(page, [join(folder, 'drop')]);
  await expect(row(page, 'dropped')).toBeVisible();
  await expect(details(page, 'dropped').getByText('Added by hand')).toBeVisible();
  expect(studio.problems).toEqual([]);
});

/** With models of other programs in the user's folder. */
const withOthersModels = test.extend({
  folder: async ({ folder }, use) => {
    const user = join(folder, 'user');
    const matrix = join(seedling, 'imatrix/seedling-4m.imatrix.gguf');
    await cp(matrix, join(user, '.lmstudio/models/someone/lm-model.gguf'));
    await cp(matrix, join(user, '.cache/llama.cpp/llama-model.gguf'));
    const snapshot = '.cache/huggingface/hub/models--someone--hub-model/snapshots/1a2b';
    await cp(join(seedling, 'seedling-4m'), join(user, snapshot), { recursive: true });
    await use(folder);
  },
});

withOthersModels(
  'folders of other programs are offered, and read only when taken',
  async ({ studioWindow: page, surface }) => {
    test.skip(surface === 'electron', 'the same studio stands behind both windows');
    const offer = (what: string) => page.getByRole('region', { name: `${what}, found on this` });
    await expect(offer('LM Studio').getByText('one model found')).toBeVisible();
    await expect(offer('llama.cpp')).toBeVisible();
    await expect(row(page, 'seedling-4m').first()).toBeVisible();
    await expect(row(page, /hub-model|llama-model|lm-model/)).toHaveCount(0);
    await expectAccessible(page);
    await offer('Hugging Face').getByRole('button', { name: 'Add to library' }).click();
    await expect(row(page, 'someone/hub-model')).toBeVisible();
    await offer('LM Studio').getByRole('button', { name: 'Not now' }).click();
    await expect(page.getByRole('region', { name: /found on this machine/ })).toHaveCount(1);
    await expect(row(page, /llama-model|lm-model/)).toHaveCount(0);
  },
);
