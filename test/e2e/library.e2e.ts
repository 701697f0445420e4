// The library and the settings as a user has them: finding a model, its details, which adapters fit and why not; a setting
// that is explained when it is wrong and kept when it is right; everything by keyboard.
import type { Page } from '@playwright/test';
import { expectAccessible } from './support/accessibility.ts';
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
