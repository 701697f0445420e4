// A hybrid as a user fits it: the dialog, the job, the verdict beside the stock level, its types exported, its file in the chat.
// Model, search and figures are real; chunks are few, so that it takes seconds.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessible } from './support/accessibility.ts';
import { expect, test } from './support/studio-test.ts';

/** Opens the dialog and asks for a hybrid of Seedling as large as Q2_K, on few chunks and without probes. */
async function askForHybrid(page: Page) {
  await page.getByRole('button', { name: 'Fit a hybrid…' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Fit a hybrid' });
  await expect(dialog.getByRole('button', { name: 'Fit', exact: true })).toBeDisabled();
  await expect(dialog.getByText('Choose the unquantized model.')).toBeVisible();
  await dialog.getByRole('combobox', { name: 'Unquantized model' }).click();
  await page.getByRole('option', { name: /^seedling-4m · BF16/ }).click();
  await dialog.getByRole('combobox', { name: 'As large as' }).click();
  await page.getByRole('option', { name: 'Q2_K', exact: true }).click();
  await dialog.getByText('How thoroughly').click();
  await dialog.getByRole('textbox', { name: 'Context' }).fill('64');
  await dialog.getByRole('textbox', { name: 'Chunks per proof text' }).fill('4');
  await dialog.getByRole('checkbox', { name: /Measure how much each group/ }).click();
  return dialog;
}

test('a hybrid is fitted, proven against its level, and goes to the chat', async ({
  studio,
  studioWindow: page,
}) => {
  test.setTimeout(240_000);
  await expect(page.getByRole('grid', { name: 'Library' })).toBeVisible();
  await page.keyboard.press('Control+3');
  await expect(page.getByRole('heading', { name: 'Nothing is measured yet' })).toBeVisible();
  const dialog = await askForHybrid(page);
  // A size that is none is told beside the field; a text has one use.
  await dialog.getByRole('radio', { name: 'File size' }).click();
  await dialog.getByRole('textbox', { name: 'Bytes at most' }).fill('three');
  await expect(dialog.getByText(/Give a size: 3\.2 GB/)).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('radio', { name: 'Size of a level' }).click();
  await expect(dialog.getByText('3 for the search, 4 for the proof')).toBeVisible();
  await dialog.getByRole('combobox', { name: 'Use of General' }).click();
  await page.getByRole('option', { name: 'not read' }).click();
  await expect(dialog.getByText('3 for the search, 3 for the proof')).toBeVisible();
  await expect(dialog.getByText('No probes; proof on 3 texts, 4 chunks each')).toBeVisible();
  await dialog.getByRole('button', { name: 'Fit', exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText('Rounding errors').first()).toBeVisible();

  const card = page.getByRole('region', { name: 'Hybrid against stock' });
  await expect(card.getByRole('heading', { name: 'Hybrid against Q2_K' })).toBeVisible({
    timeout: 120_000,
  });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    'Compare · Hybrid of seedling-4m, the size of Q2_K',
  );
  await page.keyboard.press('Control+j');
  await expect(card.getByText(/^Hybrid wins by \d+ % of the KLD$/)).toBeVisible();
  await expect(card.getByRole('columnheader', { name: 'Hybrid (kept)' })).toBeVisible();
  await expect(card.getByRole('row', { name: /^Mean KLD/ })).toContainText('±');
  await expect(card.getByRole('img', { name: /^Paired difference of the mean KLD/ })).toBeVisible();
  await card.getByText(/^Types of \d+ groups/).click();
  await expect(card.getByRole('row').filter({ hasText: 'token_embd' })).toBeVisible();
  const tensors = page.getByRole('region', { name: 'Tensors', exact: true });
  await expect(tensors.getByRole('img', { name: /^Tensors of hybrid:/ })).toBeVisible();
  const plane = page.getByRole('region', { name: 'Size against quality' });
  await expect(plane.locator('svg [role="button"]')).toHaveCount(2);
  await expectAccessible(page);

  if (studio.surface === 'browser') {
    await card.getByRole('button', { name: 'Tensor types' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: /^Of the hybrid/ }).click(),
    ]);
    const types = await readFile(await download.path(), 'utf8');
    expect(types).toMatch(/^\^blk\\\.0\\\.ffn_down\\\.weight\$=\w+$/m);
  } else {
    await expect(card.getByRole('button', { name: 'Show in folder' })).toBeVisible();
  }

  // The same again: the file is there now, which is told in the dialog; nothing is lost.
  const again = await askForHybrid(page);
  await again.getByRole('button', { name: 'Fit', exact: true }).click();
  await expect(again.getByRole('alert')).toContainText('exists already');
  await again.getByRole('button', { name: 'Cancel' }).click();
  const output = join(studio.home, 'seedling', 'outputs', 'seedling-4m-hybrid-Q2_K.gguf');
  expect((await readFile(output)).subarray(0, 4).toString()).toBe('GGUF');

  await card.getByRole('button', { name: 'Chat' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Chat/);
  const column = page.getByRole('button', { name: /^seedling-4m-hybrid-Q2_K: choose another/ });
  await expect(column).toHaveText('hybrid', { timeout: 30_000 });
  expect(studio.problems).toEqual([]);
});
